from django.db import migrations

import trackmycrime.kernel.fields

_BRING = """
update cases_crime c set states = s.states from (
  select crime_id, json_agg(json_build_array(sequence,
    to_char(time at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US+00:00'),
    stage, outcome, officer_id, live) order by sequence) as states
  from cases_crime_state group by crime_id
) s where s.crime_id = c.id
"""


class Migration(migrations.Migration):
    """What was said of a crime stands in its own row: who reads or changes the one needs the other."""

    dependencies = [("cases", "0005_reference_key")]

    operations = [
        migrations.AddField(
            model_name="crime",
            name="states",
            field=trackmycrime.kernel.fields.PlainJSONField(default=list),
        ),
        migrations.RunSQL(_BRING, migrations.RunSQL.noop),
        migrations.DeleteModel(name="CrimeState"),
    ]
