"""Each requirement of a client of durable executions on literal histories: the good one, and the nearly good one."""

from __future__ import annotations

import json

import pytest

from streamproof.harness.checkers.durable_execution.client.meaning import sign_of, standing

from .story_durable_client import HEADERS, MESSAGES, RUN, STREAM, TARGET, Story, frame_text

ALL = range(1, 10)


def followed(*signs: str) -> Story:
    """A stream that was read to its end, whole; its outcome is still to be told."""
    return Story().follow().answer().read(*signs).ends()


# --- what frames mean


@pytest.mark.parametrize(
    ("signs", "outcome"),
    [
        (("", "finish"), "success"),
        (("", "error", "finish"), "agent_failure"),
        (("", "approval"), "suspended"),
        (("approval", "", "finish"), "success"),
        (("error", "approval", "", "finish"), "success"),
        (("approval", ""), "transport_failure"),
        (("", "error"), "transport_failure"),
        ((), "transport_failure"),
    ],
)
def test_the_last_frame_and_its_round_say_how_a_run_stands(signs: tuple[str, ...], outcome: str) -> None:
    """An approval that was decided, and an error of another round, say nothing any more."""
    assert standing([frame_text(index, sign) for index, sign in enumerate(signs)]) == outcome


@pytest.mark.parametrize("text", ["no json", "[]", "{}", '{"choices":[]}', frame_text(0).replace("word 0", "{broken")])
def test_what_is_no_chunk_is_no_sign(text: str) -> None:
    """And does no harm."""
    assert sign_of(text) == ""


# --- CLI-1


@pytest.mark.parametrize(
    ("signs", "kind"),
    [(("", "finish"), "success"), (("error", "finish"), "agent_failure"), (("", "approval"), "suspended"), (("",), "transport_failure")],
)
def test_each_end_has_its_outcome(signs: tuple[str, ...], kind: str) -> None:
    """The right one passes, any other fails."""
    assert followed(*signs).outcome(kind).settle().broken() == set()
    assert followed(*signs).outcome(kind).settle().judge(1).judged
    for wrong in {"success", "agent_failure", "suspended", "transport_failure", "other"} - {kind}:
        assert 1 in followed(*signs).outcome(wrong).settle().broken()


def test_a_cut_is_no_end() -> None:
    """But behind a finish, or an approval request, it may be told either way."""

    def story(sign: str, kind: str) -> Story:
        return Story().follow().answer().read("", sign).later(100).cut().outcome(kind).settle()

    assert story("", "transport_failure").broken() == set()
    assert story("", "success").broken() == {1}
    assert story("", "suspended").broken() == {1}
    assert story("finish", "success").broken() == story("finish", "transport_failure").broken() == set()
    assert story("approval", "suspended").broken() == story("approval", "transport_failure").broken() == set()
    assert story("approval", "success").broken() == {1}


def test_an_error_frame_is_a_failure_of_the_transport() -> None:
    """Also where an approval was asked for; behind a finish there is nothing left to fail."""

    def story(sign: str, kind: str) -> Story:
        return Story().follow().answer().read(sign).error_frame().ends().outcome(kind).settle()

    assert story("", "transport_failure").broken() == set()
    assert story("approval", "suspended").broken() == {1}
    assert story("finish", "success").broken() == set()


def test_what_is_no_stream_is_a_failure_of_the_transport() -> None:
    """Whatever its body says."""
    html = Story().follow().answer(media_type="text/html").read("", "finish").ends()
    assert html.outcome("success").settle().broken() >= {1}
    assert Story().follow().answer(503).ends().outcome("transport_failure").settle().broken() == set()
    assert Story().follow().answer(503).ends().outcome("success").settle().broken() == {1}


def test_an_outcome_is_owed_once_the_stream_is_over() -> None:
    """Within two seconds; a stream that goes on, or was let go of, owes none."""
    silent = followed("", "finish").settle()
    assert silent.broken() == {1, 2}
    assert all(finding.upper_bound for finding in silent.judge(1).findings)
    assert followed("", "finish").settle(1_900).broken() == set()
    assert followed("", "finish").later(1_000).unfollow().settle().broken() == set()
    assert Story().follow().answer().read("").settle().broken() == set()


def test_the_outcome_is_the_last_note_and_the_only_one() -> None:
    """Neither a frame nor another outcome comes behind it."""
    assert followed("", "finish").outcome("success").outcome("success").settle().broken() == {1}
    late = Story().follow().answer().sent(0).sent(1, "finish").ends().told(0).outcome("success").told(1, "finish")
    assert late.settle().broken() == {1}


def test_who_goes_on_may_know_what_came_before() -> None:
    """The stream alone, or the whole run: both are right."""

    def story(kind: str) -> Story:
        first = followed("error").outcome("transport_failure").later(100)
        return first.follow(1).answer().read("finish", start=1).ends().outcome(kind).settle()

    assert story("success").broken() == story("agent_failure").broken() == set()
    assert story("suspended").broken() == {1, 2}


def test_an_empty_stream_behind_the_end() -> None:
    """It says nothing by itself."""

    def story(kind: str) -> Story:
        return followed("approval").outcome("suspended").later(100).follow(1).answer().ends().outcome(kind).settle()

    assert story("suspended").broken() == story("transport_failure").broken() == set()
    assert story("success").broken() == {1}


# --- CLI-2


@pytest.mark.parametrize("done", [True, False])
def test_done_makes_no_difference(done: bool) -> None:
    """With it and without it a finish is a success."""

    def story(kind: str) -> Story:
        read = Story().follow().answer().read("", "finish")
        return (read.done() if done else read).ends().outcome(kind).settle()

    assert story("success").broken() == set()
    assert story("success").judge(2).judged
    assert story("transport_failure").broken() == {1, 2}


def test_done_is_no_frame_and_no_finish() -> None:
    """Told as a frame it is found, and a run that is suspended stays so."""
    told = Story().follow().answer().read("", "finish").done().ends().told(2, data="[DONE]").outcome("success")
    assert told.settle().broken() == {2, 4}
    assert 2 in Story().follow().answer().read("approval").done().ends().outcome("success").settle().broken()


# --- CLI-3


def test_going_on_behind_the_last_frame() -> None:
    """Judged only where somebody went on."""
    good = followed("", "").outcome("transport_failure").later(100).follow(2).answer().read("finish", start=2).ends().outcome("success")
    assert good.settle().broken() == set()
    assert good.judge(3).judged
    assert not followed("finish").outcome("success").settle().judge(3).judged


def test_the_index_that_is_asked_for() -> None:
    """It is the one that the application wants, not the one before it."""
    wrong = Story().call("follow", run_id=RUN, start_index=2).reply().ask("stream", STREAM, index="1").answer()
    assert 3 in wrong.read("", "finish", start=1).ends().outcome("success").settle().broken()


def test_frames_twice_or_left_out_or_in_the_wrong_place() -> None:
    """Each is found by the index, or by what stands under it."""
    twice = Story().follow().answer().sent(0).sent(1).told(0).told(0).told(1).ends().outcome("transport_failure").settle()
    assert twice.broken() == {3}
    hole = Story().follow().answer().sent(0).sent(1).sent(2).told(0).told(2).ends().outcome("transport_failure").settle()
    assert hole.broken() == {3, 4}
    moved = Story().follow().answer().sent(0).sent(1).told(0).told(1, data=frame_text(0)).ends().outcome("transport_failure").settle()
    assert moved.broken() == {3, 4}


def test_a_client_that_goes_on_by_itself() -> None:
    """It asks for what it has not told yet; its outcome is that of the last stream."""

    def story(index: int) -> Story:
        cut = Story().follow().answer().read("", "").later(100).cut().later(100)
        return cut.ask("stream", STREAM, index=str(index)).answer().read("finish", start=2).ends().outcome("success").settle()

    assert story(2).broken() == set()
    assert story(0).broken() == {3}
    assert story(3).broken() == {3}


# --- CLI-4


def test_frames_as_text_and_as_values() -> None:
    """Contents are compared as JSON values."""
    value = json.loads(frame_text(0, "finish"))
    good = Story().follow().answer().sent(0, "finish").told(0, data=value).ends().outcome("success").settle()
    assert good.broken() == set()
    changed = Story().follow().answer().sent(0, "finish").told(0, data={**value, "created": 7}).ends().outcome("success").settle()
    assert changed.broken() == {4}


def test_a_frame_that_was_cut_is_none() -> None:
    """One that has passed whole may be told, or not; one that lacks a byte may not."""

    def story(lost: int, told: bool) -> Story:
        sent = Story().follow().answer().sent(0).told(0).later(100).sent(1)
        sent.cut(lost=lost)
        return (sent.told(1) if told else sent).outcome("transport_failure").settle()

    assert story(0, True).broken() == story(0, False).broken() == story(1, False).broken() == set()
    assert story(1, True).broken() == {4}


def test_what_has_long_arrived_is_told() -> None:
    """Also on a stream that goes on, and on one that breaks later."""
    assert Story().follow().answer().sent(0).later(1_000).settle().broken() == {4}
    assert Story().follow().answer().sent(0).later(1_000).cut().outcome("transport_failure").settle().broken() == {4}
    assert Story().follow().answer().sent(0).later(10).cut().outcome("transport_failure").settle().broken() == set()
    assert Story().follow().answer().sent(0).later(10).unfollow().left().settle().broken() == set()


def test_invented_frames() -> None:
    """An error frame, or one of nowhere."""
    error = Story().follow().answer().read("").error_frame().ends().told(1, data={"error": "Stream error"}).outcome("transport_failure")
    assert error.settle().broken() == {4}


# --- CLI-5


def test_ids_are_encoded() -> None:
    """One segment, decoded once, is one id."""

    def story(target: str, endpoint: str = "stream") -> set[int]:
        asked = Story().call("follow", run_id=RUN, start_index=0).reply().ask(endpoint, target, index="0")
        return asked.answer(404).ends().outcome("transport_failure").settle().broken()

    assert story(STREAM) == set()
    assert story(f"{TARGET}/wrun/1/stream", "other") == {5}
    assert story(f"{TARGET}/wrun%252F1/stream") == {5}
    assert story(f"{TARGET}/another/stream") == {5}
    assert story(f"{TARGET}/wrun%2F1%/stream") == {5}


@pytest.mark.parametrize("index", ["0x0", "+0", "0.0", ""])
def test_the_start_index_is_plain_digits(index: str) -> None:
    """Anything else is found."""
    asked = Story().call("follow", run_id=RUN, start_index=0).reply().ask("stream", STREAM, index=index)
    assert asked.answer(400).ends().outcome("transport_failure").settle().broken() == {5}


def test_the_headers_of_the_config_are_carried() -> None:
    """By every request."""
    asked = Story().call("follow", run_id=RUN, start_index=0).reply().ask("stream", STREAM, index="0", headers={})
    assert asked.answer(401).ends().outcome("transport_failure").settle().broken() == {5}


def test_bodies_are_those_of_the_contract() -> None:
    """A reason may be left out where a call is approved, and nowhere else."""

    def story(body: object, approved: bool, reason: str | None) -> set[int]:
        story = Story().call("approve", run_id=RUN, tool_call_id="call 1", approved=approved, reason=reason)
        story.ask("approve", f"{TARGET}/wrun%2F1/approvals/call%201", method="POST").asked(body)
        return story.decision(approved).answer(media_type="application/json").ends().reply().settle().broken()

    assert story({"approved": False, "reason": "no"}, False, "no") == set()
    assert story({"approved": False}, False, "no") == {5}
    assert story({"approved": True}, True, "why not") == set()
    assert story({"approved": "true"}, True, None) == {5}
    assert story({"approved": 1}, True, None) == {5}
    assert story([True], True, None) == {5}


def test_the_messages_of_a_creation() -> None:
    """They go out as they were given."""
    changed = Story().call("create", messages=MESSAGES, conversation_id="c").ask("create", TARGET, method="POST")
    changed.asked({"messages": MESSAGES}).created().reply(run_id=RUN).read("finish").ends().outcome("success")
    assert changed.settle().broken() == {5}


# --- CLI-6


def test_a_lost_creation_is_unknown() -> None:
    """To post again, to say that nothing was done, and to invent a run are all wrong."""
    assert Story().create().created().cut().reply("unknown").settle().broken() == set()
    assert Story().create().created().cut().reply("unknown").settle().judge(6).judged
    assert Story().create().created().cut().reply("fail").settle().broken() == {6}
    assert 6 in Story().create().created().cut().reply("ok", run_id="wrun_local").settle().broken()
    again = Story().create().created().cut().ask("create", TARGET, method="POST").asked({"messages": MESSAGES}).created("wrun_2")
    assert 6 in again.read("finish").ends().reply("ok", run_id="wrun_2").outcome("success").settle().broken()


def test_a_refused_creation_may_be_posted_again() -> None:
    """It had no effect; a 5xx may have had one."""

    def story(status: int) -> set[int]:
        first = Story().create().answer(status, "application/json").ends()
        again = first.ask("create", TARGET, method="POST").asked({"messages": MESSAGES}).created()
        return again.reply("ok", run_id=RUN).read("finish").ends().outcome("success").settle().broken()

    assert story(429) == set()
    assert story(503) == {6}


def test_a_run_that_nobody_asked_for() -> None:
    """To follow is not to create."""
    story = Story().follow().answer().read("").ends().ask("create", TARGET, method="POST").asked({"messages": MESSAGES}).created("wrun_2")
    assert 6 in story.cut().outcome("transport_failure").settle().broken()


# --- CLI-7


def test_ok_means_recorded() -> None:
    """By whomever; that very decision, and before the reply."""

    def story(outcome: str, *, approved: bool | None, status: int = 409, by_others: bool = True) -> set[int]:
        asked = Story().approve(True)
        if approved is not None:
            asked.decision(approved, by_others=by_others)
        return asked.answer(status, "application/json").ends().reply(outcome).settle().broken()

    assert story("ok", approved=True) == set()
    assert story("ok", approved=False) == {7}
    assert story("ok", approved=None) == {7}
    assert story("fail", approved=False) == set()
    assert story("unknown", approved=None, status=503) == set()
    assert story("fail", approved=True, status=503, by_others=False) == {7}
    assert story("fail", approved=True, status=200, by_others=True) == {7}


def test_a_lost_answer_may_be_asked_for_again() -> None:
    """A decision twice is one decision; and one that was never answered is judged, too."""
    again = Story().approve().decision().answer(media_type="application/json").cut()
    again.ask("approve", f"{TARGET}/wrun%2F1/approvals/call%201", method="POST").asked({"approved": True}).decision(verdict="again")
    assert again.answer(media_type="application/json").ends().reply().settle().broken() == set()
    assert again.judge(7).judged
    assert not Story().approve().decision().answer(media_type="application/json").ends().reply().settle().judge(7).judged


# --- CLI-8


def test_unfollow_lets_go() -> None:
    """Nothing is told behind its reply, and the connection ends within a second."""
    assert Story().follow().answer().read("").later(10).unfollow().later(5).left().settle().broken() == set()
    assert Story().follow().answer().read("").later(10).unfollow().later(5).left().settle().judge(8).judged
    late = Story().follow().answer().read("").sent(1).unfollow().told(1).left().settle()
    assert late.broken() == {8}
    assert Story().follow().answer().read("").unfollow().outcome("transport_failure").left().settle().broken() == {8}
    kept = Story().follow().answer().read("").unfollow().later(1_200).left().settle()
    assert kept.broken() == {8}
    assert all(finding.upper_bound for finding in kept.judge(8).findings)


def test_what_comes_while_unfollow_runs_is_in_order() -> None:
    """Only its reply is the line; and another stream may be asked for behind it."""
    during = Story().follow().answer().sent(0).call("unfollow").told(0).reply().left().later(10)
    assert during.follow(1).answer().read("finish", start=1).ends().outcome("success").settle().broken() == set()


# --- CLI-9


@pytest.mark.parametrize("headers", [{}, HEADERS])
def test_the_credential_stays_at_its_origin(headers: dict[str, str]) -> None:
    """Another origin gets none."""
    sent_away = Story().follow().answer(307, "text/plain", Location="http://elsewhere:80" + STREAM).ends()
    asked = sent_away.ask("stream", STREAM, index="0", server="elsewhere", headers=headers).answer().read("finish").ends()
    assert asked.outcome("success").settle().broken() == ({9} if headers else set())
    assert asked.judge(9).judged


def test_nothing_is_judged_where_nothing_was_done() -> None:
    """A history without a client says nothing at all."""
    assert [number for number in ALL if Story().settle().judge(number).judged] == []
