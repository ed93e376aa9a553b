from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("people", "0007_language_asked")]

    operations = [
        migrations.AddField(model_name="victim", name="told_at", field=models.DateTimeField(null=True)),
    ]
