# Settling inbound documents, and what their senders demand afterwards
part-direct = for direction
part-lead = leads
part-cooperate = cooperates
part-inform = for information

demand-recall = recall
demand-update = update
demand-replace = replacement
demand-state-waiting = waits for its document
demand-state-open = waits for an answer
demand-state-agreed = agreed
demand-state-refused = refused
demand-refusal-not-the-sender = The document was not sent by the agency that demands this.
demand-refusal-nothing-left = The document has been returned or cancelled; there is nothing to update.
demand-overtaken = A later update of this document is here already.
demand-field-code = Number and notation
demand-field-issued = Date of the document
demand-field-type = Type
demand-field-subject = Subject
demand-field-signer = Signer
demand-field-urgency = Urgency
demand-field-due = Due
demand-field-recipients = Recipients
demand-field-other-places = Other recipients
demand-field-pages = Pages
demand-field-copies = Copies
demand-field-notes = Summary

act-open-sealed = open cancelled documents

history-assigned = Given to { $user }. { $direction }
history-forwarded-from = Passed on by { $from }.
history-forwarded = Now with { $user }. { $direction }
history-due = Due { $date }.
history-seen = Opened for the first time
history-progress = Progress: { $text }
history-progress-next = Next: { $next }
history-note = Note: { $text }
history-answer = Answered by “{ $answer }”
history-demand = { $sender } demands: { $kind }. { $reason }
history-demand-matched = The document of a demand that came before it is here
history-demand-agreed = Agreed to the sender's demand. { $reason }
history-demand-agreed-itself = The program agreed to the sender's demand, as the rules have it. { $reason }
history-demand-refused = Refused the sender's demand: { $reason }
history-demand-refused-itself = The program refused the demand: { $reason }
history-updated = Updated as its sender wishes
history-sealed-opened = Opened the cancelled document's sealed file: { $reason }

office-no-such-unit = There is no unit “{ $unit }” in the office that takes documents.
    .kept = Nothing has changed.
    .next = Check the list: vanthuctl unit list.
office-misgiven-nobody = Nobody is named to whom the document goes.
    .kept = The document stays where it is.
    .next = Choose who leads.
office-misgiven-twice = “{ $party }” is named twice.
    .kept = The document stays where it is.
    .next = Leave each person or unit one part.
office-misgiven-not-one-lead = One person or unit must lead, no more and no fewer.
    .kept = The document stays where it is.
    .next = Choose exactly one who leads; the others cooperate or are informed.
office-misgiven-direction-beside-lead = Direction is asked of one person, before anybody leads.
    .kept = The document stays where it is.
    .next = Ask one leader for direction, or name who leads.
office-misgiven-not-theirs = Whoever cooperates may ask others to cooperate or inform them, but cannot give the lead away.
    .kept = The document stays where it is.
    .next = Ask whoever leads, or a leader, to pass the lead on.
office-misgiven-leads-already = “{ $party }” leads already.
    .kept = The document stays where it is.
    .next = Choose somebody else.
office-misgiven-to-oneself = The document is passed on to whoever has it already.
    .kept = The document stays where it is.
    .next = Choose somebody else.
office-no-such-demand = There is no demand { $id }.
    .kept = Nothing has changed.
    .next = Check the list: vanthuctl recall list.
office-demand-answered = This demand has been answered already.
    .kept = The first answer stands.
    .next = Look at the document's history.
office-recall-first = The sender also recalls or replaces this document, or another copy of it, and would take this answer for one to that.
    .kept = Nothing was answered.
    .next = Answer the recall or replacement first; it is in the list of what senders demand. If you agree to it, the update is answered with it.
office-several-demands = The document's sender demands several things of it, each with its own answer.
    .kept = Nothing was answered.
    .next = Run “vanthuctl recall list” and answer each demand by its own id.
office-demand-open = The document's sender demands it back and waits for an answer.
    .kept = The document stays in its state.
    .next = Answer the sender first: agree or refuse with a reason.
office-sealed = The document is cancelled and is not opened any more.
    .kept = Its bytes are sealed for the audit; its fields and history stay.
    .next = An archivist or administrator can open it for a stated reason: U, or vanthuctl sealed.

issue-replaced-by = Replaced by document { $code }
ctl-to-complete = Now complete document { $code }: vanthuctl complete { $id } --answer { $answer }

desk-agenda = TO LOOK AT NOW
desk-agenda-overdue = Overdue
desk-agenda-due-soon = Due soon
desk-agenda-mine = Mine
desk-agenda-demanded = To answer
desk-empty-overdue = Nothing is overdue.
desk-empty-due-soon = Nothing is due soon.
desk-empty-mine = You have no document in hand.
desk-empty-demanded = No sender waits for an answer.

desk-deed-forward = Pass on
desk-deed-answer = Draft an answer
desk-doing-forward = Passing on…
desk-doing-note = Writing…
desk-doing-demand = Answering the sender…
desk-done-forward = Passed on.
desk-done-note = The note is kept.
desk-done-progress = The progress is noted.
desk-done-agreed = Agreed; status 15 waits to be sent.
desk-done-refused = Refused; status 16 waits to be sent with the reason.
desk-done-draft-answer = The answer is drafted and linked with the inbound document.
desk-key-overdue = What is overdue; again: what is due soon
desk-key-note = Write a note or say how far the work is

desk-assign-members = { $count ->
    [one] unit, one person
   *[other] unit, { $count } people
}
desk-assign-phrases = Choose a usual direction
desk-assign-due-hint = day/month/year, or +5 for five working days
desk-due-meant = That is { $date }
desk-part-short-direct = Directs
desk-part-short-lead = Leads
desk-part-short-cooperate = Cooperates
desk-part-short-inform = Informed
desk-due-in = { $days ->
    [one] One working day left
   *[other] { $days } working days left
}
desk-due-ago = { $days ->
    [one] One day overdue
   *[other] { $days } days overdue
}
desk-complete-answer = Answered by { $name }

desk-note = Note
desk-note-keep = Keep the note
desk-note-words = What is noted
desk-note-private = Only I read it
desk-note-own = my own
desk-note-percent = Progress (%)
desk-note-percent-wrong = A number from 0 to 100
desk-note-next = Next step
desk-note-next-hint = leave empty for a mere note

desk-part-handling = Settling
desk-handling-due = Due { $date }
desk-handling-people = Who has it
desk-handling-demands = Demanded by the sender
desk-handling-links = Linked documents
desk-handling-progress = Progress
desk-handling-notes = Notes
desk-handling-nothing = Nobody has it in hand, and nothing is noted.
desk-handling-passed-on = no longer has it
desk-handling-seen = opened { $time }
desk-handling-unseen = not opened yet
desk-handling-given = given by { $user }, { $time }
desk-handling-answer = Answer: { $name }
desk-handling-replaced-by = Replaced by { $name }
desk-handling-replaces = Replaces { $name }
desk-handling-next = Next: { $next }

desk-demand-recall = Recall
desk-demand-update = Update
desk-demand-replace = Replacement
desk-demand-title = Answer what the sender demands
desk-demand-answer = Answer the sender
desk-demand-agree = Agree
desk-demand-refuse = Refuse
desk-demand-agree-means = The document is cancelled here and not opened any more; its arrival number, fields and history stay. Status 15 goes to the sender.
desk-demand-update-means = The document's fields change as shown, unless a later update has been agreed to; what they were stays in the history. Status 15 goes to the sender.
desk-demand-refuse-means = The document stays as it is. Status 16 goes to the sender with the reason.
desk-demand-words = Reason (the sender reads it)
desk-demand-words-needed = A refusal needs a reason
desk-demand-came = Came
desk-demand-by = Answer by
desk-demand-stands = The document is
desk-demand-unknown = This document has not come yet. When it does, the demand is looked at first: it is carried out, or a person is asked.
desk-demand-files = The update brings other files than those here.
desk-demand-none = No sender waits for an answer.
desk-demand-waits = { $sender } demands: { $kind }. Until it is answered, the document takes no further step.
desk-demand-told = { $sender } demands: { $kind } of document { $document } – { $state }.
desk-mark-open = { $kind }: answer
desk-mark-recalled = Recalled
desk-mark-replaced = Replaced
desk-mark-updated = Updated
desk-mark-sealed = Its content is sealed; an archivist or administrator opens it for a stated reason.
desk-chip-overdue = { $count } overdue
desk-chip-demanded = { $count } to answer

slip-title = Settlement slip of an inbound document
slip-document = Document:
slip-issued = Of:
slip-author = By:
slip-subject = Subject:
slip-arrival = Arrival:
slip-number-and-day = number { $number }, on { $date }
slip-leader = 1. Opinion of the agency's leader (who leads, who cooperates, until when)
slip-unit = 2. Opinion of the unit's leader
slip-handler = 3. Proposal of whoever settles it
slip-due = – Due { $date }
slip-result = – Result: { $result }
