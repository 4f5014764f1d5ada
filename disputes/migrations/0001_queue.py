import django.core.serializers.json
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Case",
            fields=[
                ("case_id", models.CharField(max_length=17, primary_key=True, serialize=False, verbose_name="case")),
                ("case_type", models.CharField(max_length=32, verbose_name="type")),
                ("subject_kind", models.CharField(max_length=32, verbose_name="subject kind")),
                ("subject_id", models.CharField(max_length=128, verbose_name="subject")),
                ("status", models.CharField(max_length=32, verbose_name="status")),
                ("holder", models.CharField(blank=True, default="", max_length=150, verbose_name="held by")),
                ("close_code", models.CharField(blank=True, default="", max_length=32, verbose_name="outcome")),
                (
                    "decision",
                    models.JSONField(
                        blank=True, default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name="decision"
                    ),
                ),
                (
                    "expected_loss_minor",
                    models.BigIntegerField(
                        default=0, help_text="Sum over the members in minor units; orders the queue.", verbose_name="expected loss"
                    ),
                ),
                ("money", models.JSONField(blank=True, default=dict, verbose_name="money by currency")),
                ("member_count", models.IntegerField(default=0, verbose_name="members")),
                ("run_id", models.CharField(max_length=128, verbose_name="run")),
                ("opened_at", models.DateTimeField(verbose_name="opened")),
                ("changed_at", models.DateTimeField(verbose_name="last change")),
                ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="closed")),
                ("revision", models.IntegerField(default=0, verbose_name="revision")),
            ],
            options={
                "verbose_name": "case",
                "verbose_name_plural": "cases",
                "indexes": [
                    models.Index(fields=["status", "-expected_loss_minor"], name="case_queue_order"),
                    models.Index(fields=["subject_kind", "subject_id"], name="case_subject"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("status__in", ["CLOSED", "REJECTED"]), _negated=True),
                        fields=("case_type", "subject_kind", "subject_id"),
                        name="one_open_case_per_type_and_subject",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "status__in",
                                [
                                    "ACCEPTED",
                                    "APPEAL",
                                    "ARBITRATION",
                                    "CLOSED",
                                    "DECIDED",
                                    "DECISION_PENDING",
                                    "ENFORCING",
                                    "EVIDENCE",
                                    "FEEDBACK",
                                    "INVESTIGATION",
                                    "LEGAL",
                                    "MEDIATION",
                                    "MEDIATION_EXT",
                                    "NEGOTIATION",
                                    "NEW",
                                    "REJECTED",
                                ],
                            )
                        ),
                        name="case_status_is_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CaseMember",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("subject_kind", models.CharField(max_length=32, verbose_name="kind")),
                ("subject_id", models.CharField(max_length=128, verbose_name="subject")),
                ("typology", models.CharField(max_length=32, verbose_name="suspicion")),
                ("verdict", models.CharField(default="undecided", max_length=16, verbose_name="verdict")),
                ("reason", models.TextField(blank=True, default="", verbose_name="why")),
                ("joined_at", models.DateTimeField(verbose_name="joined")),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="members", to="disputes.case", verbose_name="case"
                    ),
                ),
            ],
            options={
                "verbose_name": "member",
                "verbose_name_plural": "members",
            },
        ),
        migrations.CreateModel(
            name="CaseAlert",
            fields=[
                ("alert_id", models.CharField(max_length=128, primary_key=True, serialize=False, verbose_name="alert")),
                ("run_id", models.CharField(max_length=128, verbose_name="run")),
                ("detector", models.CharField(max_length=32, verbose_name="detector")),
                ("typology", models.CharField(max_length=32, verbose_name="suspicion")),
                ("chosen_by", models.CharField(max_length=32, verbose_name="chosen by")),
                ("selection_probability", models.FloatField(verbose_name="selection probability")),
                ("as_of_at", models.DateTimeField(verbose_name="as of")),
                ("event_at", models.DateTimeField(verbose_name="happened")),
                ("score", models.FloatField(verbose_name="score")),
                ("probability", models.FloatField(null=True, verbose_name="probability")),
                ("amount_minor", models.BigIntegerField(null=True, verbose_name="amount")),
                ("expected_loss_minor", models.BigIntegerField(verbose_name="expected loss")),
                ("currency", models.CharField(blank=True, default="", max_length=3, verbose_name="currency")),
                ("action", models.CharField(max_length=16, verbose_name="measure meanwhile")),
                ("reasons", models.JSONField(default=list, verbose_name="reasons")),
                ("evidence", models.JSONField(default=dict, verbose_name="evidence")),
                ("snapshot", models.JSONField(default=dict, verbose_name="snapshot")),
                ("model_version", models.CharField(max_length=128, verbose_name="model")),
                ("data_version", models.CharField(max_length=128, verbose_name="data version")),
                ("merchant_id", models.CharField(blank=True, db_index=True, default="", max_length=128, verbose_name="merchant")),
                ("account_id", models.CharField(blank=True, db_index=True, default="", max_length=128, verbose_name="account")),
                ("joined_at", models.DateTimeField(verbose_name="joined")),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="alerts", to="disputes.case", verbose_name="case"
                    ),
                ),
                (
                    "member",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="alerts", to="disputes.casemember", verbose_name="member"
                    ),
                ),
            ],
            options={
                "verbose_name": "alert",
                "verbose_name_plural": "alerts",
            },
        ),
        migrations.CreateModel(
            name="FirstPassword",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("issued", models.CharField(max_length=256)),
                ("user", models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name="CaseEvent",
            fields=[
                ("seq", models.BigAutoField(primary_key=True, serialize=False, verbose_name="no.")),
                ("at", models.DateTimeField(verbose_name="when")),
                ("actor", models.CharField(max_length=150, verbose_name="who")),
                ("role", models.CharField(max_length=32, verbose_name="as")),
                ("event", models.CharField(max_length=32, verbose_name="what")),
                ("from_status", models.CharField(blank=True, default="", max_length=32, verbose_name="from")),
                ("to_status", models.CharField(blank=True, default="", max_length=32, verbose_name="to")),
                ("revision", models.IntegerField(verbose_name="revision")),
                ("old", models.JSONField(default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name="before")),
                ("new", models.JSONField(default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name="after")),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="events", to="disputes.case", verbose_name="case"
                    ),
                ),
            ],
            options={
                "verbose_name": "event",
                "verbose_name_plural": "events",
                "ordering": ["seq"],
                "indexes": [models.Index(condition=models.Q(("to_status", "CLOSED")), fields=["seq"], name="event_closings")],
                "constraints": [models.UniqueConstraint(fields=("case", "revision"), name="one_event_per_case_and_revision")],
            },
        ),
        migrations.AddIndex(
            model_name="casemember",
            index=models.Index(fields=["subject_kind", "subject_id"], name="member_subject"),
        ),
        migrations.AddConstraint(
            model_name="casemember",
            constraint=models.UniqueConstraint(fields=("case", "subject_kind", "subject_id"), name="one_member_per_case_and_subject"),
        ),
        migrations.AddConstraint(
            model_name="casemember",
            constraint=models.CheckConstraint(
                condition=models.Q(("verdict__in", ["fraud", "honest", "undecided"])), name="member_verdict_is_known"
            ),
        ),
    ]
