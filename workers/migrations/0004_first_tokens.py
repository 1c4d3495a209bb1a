"""What the overview shows of the first token; null for a release that says nothing of it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workers", "0003_what_a_worker_saw_of_the_model")]
    operations = [
        migrations.AddField(
            model_name="worker", name="first_token_seconds", field=models.FloatField(null=True)
        ),
    ]
