"""What every room stands on: ids, time, tenant scope, encrypted fields, locks, limits. No crime words here."""
