# The gate before acceptance, taking back, reporting errors
gate-title = Checks before acceptance
gate-check-signature = Signatures
gate-check-addressee = Addressed to us
gate-check-competence = Within our competence
gate-check-attachments = Files and pages
gate-check-formats = File formats
gate-check-malware = Malware
gate-check-agreement = Fields agree with the page
gate-check-secrecy = No state secret

gate-outcome-passed = Passed
gate-outcome-warned = Take note
gate-outcome-failed = Failed

gate-why-by-hand = Not known: brought by hand
gate-why-for-the-clerk = For the clerk to judge
gate-why-nothing-stated = Nothing stated to compare with
gate-why-no-scanner = Not scanned: no scanner is set
gate-why-no-reader = The pages could not be read
gate-why-scanner-broken = Could not be scanned
gate-why-no-text = No text could be read in the file

gate-found-signature-none = The document is not signed; for information only.
gate-found-signature-valid = The signature of { $place } is valid.
gate-found-signature-unsure = The signature of { $place } could not be decided: { $reason }
gate-found-signature-invalid = The signature of { $place } is not valid: { $reason }
gate-found-signature-changed = The document was changed after { $place } signed: { $reason }
gate-found-personal-missing = The personal signature is missing.
gate-found-organisation-missing = The organisation's signature is missing.
gate-found-addressed-to-us = Addressed to this office, code { $code }.
gate-found-addressed-to-others = Addressed only to: { $names }.
gate-found-answers-ours = Answers this office's document { $code }.
gate-found-from-superior = Sent by the superior agency: { $name }.
gate-found-files-counted = { $count } files came.
gate-found-annex-missing = The annex “{ $name }” is missing.
gate-found-file-empty = The file “{ $place }” is empty.
gate-found-pages-differ = The packet says { $stated } pages, the document has { $counted }.
gate-found-pages-counted = The document has { $count } pages.
gate-found-format-forbidden = The file “{ $name }” is of no permitted format.
gate-found-format-mismatch = What the file “{ $name }” holds is not what its name says.
gate-found-scan-clean = No malware was found ({ $by }).
gate-found-scan-broken = { $by }: { $problem }
gate-found-malware-found = The file “{ $place }” holds malware: { $name } ({ $by }).
gate-found-field-same = { $place }: the same.
gate-found-field-alike = { $place }: nearly the same; the packet says “{ $stated }”, { $page ->
        [0] the document says
       *[other] page { $page } says
    } “{ $read }”.
gate-found-field-unstated = { $place }: the packet says nothing, the page says “{ $read }”.
gate-found-field-not-found = { $place }: the packet says “{ $stated }”, which was not found on the pages.
gate-found-field-differs = { $place }: the packet says “{ $stated }”, { $page ->
        [0] the document says
       *[other] page { $page } says
    } “{ $read }”.
gate-found-secret = It carries the secrecy mark “{ $mark }”.

gate-legal-time-time-stamp = time stamp
gate-legal-time-claimed = the signer's clock
gate-legal-time-unknown = time of signing not known

history-gated = { $failed ->
        [0] Checked before acceptance: nothing stands against it
       *[other] Checked before acceptance: { $failed } checks stand against it
    }
history-judged = Judged “{ $check }”. { $note }
history-undone = Taken back: from “{ $from }” to “{ $to }”
history-withdrawn = What waited was taken out before it was sent
history-given-up = Parked and given up: { $reason }
history-error-sender = Error reported to the sender: { $words }
history-error-user = Error reported to { $user }: { $words }
history-error-seen = The report of an error was read

scanner-unreachable = The malware scanner cannot be reached.
    .kept = The file is kept and marked as not scanned.
    .next = See that the scanner runs and that its address is right (vanthuctl config scanner), then check the document again.
scanner-no-verdict = The malware scanner gave no answer for this file.
    .kept = The file is kept and marked as not scanned.
    .next = See to the scanner's size limit, then check the document again.
scanner-absent = This computer does not have the scanner that was chosen.
    .kept = The file is kept and marked as not scanned.
    .next = Choose another scanner (vanthuctl config scanner).
scanner-bad-setting = The scanner setting “{ $setting }” is not understood.
    .kept = The old setting stays.
    .next = Write clamd:HOST:PORT, unix:PATH, defender or none.

office-malware = The file “{ $file }” holds malware ({ $malware }) and does not enter the system.
    .kept = What was received is in quarantine and cannot be opened.
    .next = Tell the sender and the administrator of this computer.
office-malware-kept = The file “{ $file }” holds malware ({ $malware }) and is neither opened nor handed out.
    .kept = The bytes are kept as evidence.
    .next = Return the document and tell the administrator of this computer.
office-gate-reason = Checks stand against it: { $checks }. Accepting needs a reason.
    .kept = The document still waits to be accepted.
    .next = Look at what was found, then give a reason for accepting, or return the document.
office-gate-closed = This document cannot be accepted because of: { $checks }.
    .kept = The document still waits to be accepted.
    .next = Return it to its sender with a reason.
office-undo-nothing = There is nothing to take back with this document.
    .kept = The document stands where it stood.
    .next = Take the next step of the procedure.
office-undo-not-yours = { $user } decided this; only they can take it back.
    .kept = The document stands where it stood.
    .next = Talk to whoever decided.
office-undo-too-late = More than { $minutes } minutes have passed; it cannot be taken back any more.
    .kept = The document stands where it stood.
    .next = Take the next step, or talk to the sender if it was a mistake.
office-undo-status-left = The status was sent to the sender, or is being sent; it cannot be taken back any more.
    .kept = The document stands where its sender knows it to be.
    .next = Talk to the sender if it was a mistake.
office-undo-number-taken = The document has its arrival number. A number that was given is never taken back: the register has no gaps.
    .kept = The document and its number stay.
    .next = If it was registered by mistake, note that in the register as the rules say.
office-undo-seen = The person assigned has opened the document; it cannot be taken back any more.
    .kept = The assignment stays.
    .next = Talk to that person, or assign it to somebody else.
office-many-cancelled = Stopped before this document's turn.
    .kept = The document stands where it stood.
    .next = Go on when you need to.
office-nobody-to-tell = This document did not come over the line, so there is no sender to tell.
    .kept = Nothing was changed.
    .next = Report it to the person responsible in the office.
office-no-such-report = There is no report { $id } for you.
    .kept = Nothing was changed.
    .next = Load the list again.

desk-key-unacknowledged = To be acknowledged today
desk-key-undo = Take back what was just done
desk-key-mark = Mark the row
desk-key-mark-all = Mark all rows shown
desk-undo = Take back
desk-doing-undo = Taking back…
desk-done-undo = Taken back; the document stands at “{ $state }” again.
desk-doing-report-error = Reporting the error…
desk-done-report-error = The error was reported.
desk-marked = { $count } documents marked
desk-marks-clear = Take the marks away (Esc)
desk-many = Once for many documents
desk-many-accept = Accept these { $count } documents?
desk-many-register = Register these { $count } documents, in the order of their arrival?
desk-many-number = Arrival number { $number }
desk-many-done = Done
desk-many-ended = { $done } of { $total } documents done
desk-gate-never = This document was not checked before acceptance.
desk-gate-open = Nothing stands against accepting it.
desk-gate-with-reason = Accepting it needs a reason.
desk-gate-closed = It cannot be accepted.
desk-gate-file-pages = { $name }: { $pages } pages
desk-gate-file = { $name }
desk-gate-again = Check again
desk-gate-looking = Checking again…
desk-gate-judge = Within our competence, I have looked
desk-gate-judged = Judged by { $user }, { $time }
desk-gate-through-system = Sent and received through the document system.
desk-gate-not-through-system = Not sent and received through the document system.
desk-gate-legal-article = Quyết định 28/2018/QĐ-TTg Điều 4; checked { $time } ({ $checker })
desk-reason-accept-means = Checks failed. If you accept all the same, the reason is kept in the document's history; the sender is told only that it was accepted.
desk-reports = Errors reported
desk-report-error = Report an error
desk-report-go = Report
desk-report-words = What is wrong
desk-report-needed = Say what is wrong.
desk-report-to-sender = The sender
desk-report-by = { $by } to { $to }, { $time }
desk-report-sender-means = The axis knows no message of its own for errors: the words go with the status that the document already has. If you do not take the document, use “Return”.
desk-report-user-means = They see it when they open the program. Nothing leaves the office.
desk-report-nobody = There is nobody to tell.
desk-report-read = Read
desk-reported-to-you = { $by } reports an error: { $words }
desk-unacknowledged = To be acknowledged today
desk-unacknowledged-means = The sender is to be told on the same day that the document was accepted, or gets it back. Choose a row to open it.
desk-unacknowledged-none = Every arrival was accepted or returned.
desk-unacknowledged-late = Late since { $due }
desk-unacknowledged-due = Due { $due }
desk-unacknowledged-from = { $sender }, arrived { $time }
desk-chip-unacknowledged = { $count } to acknowledge
desk-remind-title = Documents wait to be accepted
desk-remind = { $count } documents are not acknowledged and the office closes soon; press F4 to see them.
desk-notify-arrived-title = New documents
desk-notify-arrived = { $count } new documents wait to be accepted.
office-quarantined = A packet of { $origin } could not be taken in ({ $code }).
    .kept = It is in quarantine.
    .next = See why with: vanthuctl quarantine list.
