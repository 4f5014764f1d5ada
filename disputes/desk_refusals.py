"""Why the desk's day refused something, in the language that is active: rule and remedy by code."""

from __future__ import annotations

from django.utils.translation import gettext as _


def desk_refusals() -> dict[str, tuple[str, str]]:
    """Texts for people; what the code's own message says of numbers stands in the log of programs."""
    look = _("look at it again")
    return {
        "bad_size": (_("a file is neither empty nor larger than the page says"), _("give a smaller file, or the part that matters")),
        "bad_type": (_("PDF, PNG, JPEG, and text or CSV in UTF-8 are taken"), _("convert it, or get it again")),
        "sensitive_file": (_("no full card number and no national id is kept"), _("take it out and give the file again")),
        "spoiled": (_("a file is handed out as it was put there, or not at all"), _("tell whoever keeps the system")),
        "no_such_file": (_("the case has no such file"), look),
        "no_such_evidence": (_("what stands before the case can be withdrawn, once"), look),
        "own_device": (_("nobody takes away the own second factor"), _("ask somebody else who may")),
        "no_device": (_("the account has no second factor"), _("nothing has to be done")),
        "not_a_lead": (_("who leads the team says who works"), _("ask an approver")),
        "bad_day": (_("days from today to 60 days ahead are staffed"), _("choose such a day")),
        "bad_hours": (_("hours are numbers from 0 on, within reason"), _("correct them")),
        "trust_too_long": (_("trust lasts no longer than the settings allow"), _("choose fewer days")),
        "no_word": (_("this is not done without a reason"), _("say why, briefly")),
        "no_false_positive": (_("trust follows a case that closed as a false positive"), _("decide the case first")),
        "not_of_case": (_("only parties to members found honest can be trusted"), _("choose one")),
        "trusted_already": (_("a subject is trusted once for each suspicion"), look),
        "does_not_wait": (_("an entry is confirmed once"), look),
        "ended": (_("what binds or waits can be withdrawn"), look),
        "no_such_reason": (_("this reason is none of the alert's"), look),
        "said_already": (_("a reason is marked once"), look),
        "bad_word": (_("that is too much to keep"), _("say it briefly")),
        "bad_outcome": (_("a second look confirms the suspicion or finds it false"), _("choose one")),
        "nothing_to_choose": (_("only a difference is adjudicated"), look),
        "adjudicated_already": (_("it is said once which judgement holds"), look),
        "took_part": (_("who took part in neither judgement adjudicates"), _("ask another approver")),
        "judged_already": (_("a second look is given once"), _("take another one")),
        "judged_blind": (_("who judges a case a second time does not see what was found first"), _("judge it first")),
        "no_end": (_("a case sleeps until a moment or an occasion"), _("say until when")),
        "bad_trigger": (_("one waits for evidence, an alert, a party, or a certain case"), _("choose one")),
        "bad_target": (_("one waits for another case that is not closed"), _("give its id")),
        "sleep_too_long": (
            _("a case sleeps no longer than until the next clock ends"),
            _("choose an earlier moment, or stop the clock for its reason"),
        ),
        "not_snoozable": (_("cases sleep where they can be held"), _("go on with it")),
        "not_snoozed": (_("the case does not sleep"), look),
        "no_such_colleague": (_("cases go to another analyst or to the queue"), _("choose a colleague")),
        "draft_too_long": (_("a draft has at most 20,000 characters"), _("shorten it")),
        "bad_macro": (_("a macro has a name of 1 to 60 characters, a form and, for decisions, an outcome"), _("correct it")),
        "bad_text": (_("a macro has a text, in one language at least"), _("write it")),
        "unknown_place": (_("a place in braces is not known"), _("correct the place")),
        "bad_due": (_("evidence is due within 1 to 60 days"), _("correct them")),
        "bad_name": (_("a name has 1 to 60 characters"), _("give it a short name")),
        "bad_view": (_("this view cannot be kept"), _("filter by less")),
    }
