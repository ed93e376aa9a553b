"""For migrations: another order of the columns of a unique key that foreign keys lead to."""

from django.db import migrations, models


def reordered(model: str, table: str, name: str, columns: tuple[str, str]) -> migrations.RunSQL:
    """An operation that gives the unique key `name` of a table these columns, which it had in the other order.

    The keys that lead to it hang on its index; they are made anew as they were.
    """
    there = f"pg_constraint k where k.contype = 'f' and k.conindid = '{name}'::regclass"

    def made(*ordered: str) -> str:
        return f"""
do $$ declare again text[]; one text; begin
    select array_agg(format('alter table %s add constraint %I %s', k.conrelid::regclass, k.conname,
        pg_get_constraintdef(k.oid))) into again from {there};
    for one in select format('alter table %s drop constraint %I', k.conrelid::regclass, k.conname) from {there}
    loop execute one; end loop;
    alter table {table} drop constraint {name};
    alter table {table} add constraint {name} unique ({", ".join(ordered)});
    foreach one in array coalesce(again, '{{}}') loop execute one; end loop;
end $$"""  # noqa: S608 (names of ours)

    fields = [column.removesuffix("_id") if column != "id" else column for column in columns]
    return migrations.RunSQL(
        made(*columns),
        made(*reversed(columns)),
        state_operations=[
            migrations.RemoveConstraint(model, name),
            migrations.AddConstraint(model, models.UniqueConstraint(fields=fields, name=name)),
        ],
    )
