from django.db import migrations, models


def _unique(*columns: str) -> str:
    """Makes that order the one of the constraint, and the keys that lead to it anew: they hang on its index."""
    return f"""
do $$ declare again text[]; one text; begin
    select array_agg(format('alter table %s add constraint %I %s', k.conrelid::regclass, k.conname,
        pg_get_constraintdef(k.oid))) into again
    from pg_constraint k where k.contype = 'f' and k.conindid = 'people_victim_in_force'::regclass;
    for one in select format('alter table %s drop constraint %I', k.conrelid::regclass, k.conname)
        from pg_constraint k where k.contype = 'f' and k.conindid = 'people_victim_in_force'::regclass
    loop execute one; end loop;
    alter table people_victim drop constraint people_victim_in_force;
    alter table people_victim add constraint people_victim_in_force unique ({", ".join(columns)});
    foreach one in array coalesce(again, '{{}}') loop execute one; end loop;
end $$"""


class Migration(migrations.Migration):
    """An index that begins with the force is taken for as good as the key while PostgreSQL knows nothing of the table."""

    dependencies = [("people", "0024_new_sign_in_email")]

    operations = [
        migrations.RunSQL(
            _unique("id", "force_id"),
            _unique("force_id", "id"),
            state_operations=[
                migrations.RemoveConstraint("victim", "people_victim_in_force"),
                migrations.AddConstraint(
                    "victim",
                    models.UniqueConstraint(fields=["id", "force"], name="people_victim_in_force"),
                ),
            ],
        )
    ]
