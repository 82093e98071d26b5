# The window

desk-title = Văn Thư
desk-title-office = Văn Thư — { $office }
desk-title-demonstration = [DEMONSTRATION] { $title }
desk-demonstration = DEMONSTRATION – without legal value
desk-demonstration-short = DEMONSTRATION
desk-language-vi = Tiếng Việt
desk-language-en = English

## Login
desk-login-subtitle = Sign in to open the office's document books
desk-login-user = User name
desk-login-user-hint = for example: vanthu
desk-login-password = Password
desk-login-open = Sign in (Enter)
desk-login-opening = Opening…
desk-login-folder = Data folder: { $folder }
desk-login-demonstration = Demonstration: every password and PIN is “demo”; users: vanthu, chutich, soanthao, thethuc, luutru, quantri.
desk-blocked-title = Văn Thư cannot start
desk-blocked-still = What still works
desk-blocked-works = Checking the signatures of a PDF file with «vanthuctl verify FILE»; finding the cause and the remedy with «vanthuctl doctor».
desk-quit = Close the program

## Top and bottom
desk-new-draft = New draft
desk-sync = Send and receive now
desk-syncing = Exchanging…
desk-help = Help
desk-log-out = Log out (Ctrl+L)
desk-sync-no-server = No provincial server is set
desk-sync-offline = { $waiting ->
    [0] No connection to the provincial server
    [one] No connection – { $waiting } packet waits to be sent
   *[other] No connection – { $waiting } packets wait to be sent
}
desk-sync-error = Synchronisation failed: { $reason }
desk-sync-wedged = { $wedged ->
    [one] { $wedged } packet cannot be sent or fetched and needs a decision
   *[other] { $wedged } packets cannot be sent or fetched and need a decision
}
desk-sync-waiting = { $waiting ->
    [one] { $waiting } packet waits to be sent
   *[other] { $waiting } packets wait to be sent
}
desk-sync-untried = Not synchronised yet
desk-sync-good = Connected
desk-sync-paused = { $waiting ->
    [0] Exchange paused (F12)
   *[other] Exchange paused, { $waiting } waiting (F12)
}
desk-sync-held = Connected; { $held } large ones wait for F5
desk-sync-skew = This computer's clock is { $minutes } minutes off
desk-sync-why = Why?
desk-sync-last = Last time: { $time }
desk-synced = Synchronised: { $sent } sent, { $received } received.

## Queues
desk-inbound = INBOUND
desk-outbound = OUTBOUND
desk-queue-all-inbound = All inbound
desk-queue-all-outbound = All outbound
desk-quarantined = { $count ->
    [one] { $count } packet could not be read and is kept aside
   *[other] { $count } packets could not be read and are kept aside
}
desk-empty-arrived = No new arrivals. They appear here by themselves after each synchronisation.
desk-empty-draft = No drafts yet. Press Ctrl+N to begin one.
desk-empty-to-sign = Nothing waits for a signature.
desk-empty-queue = Nothing stands here.
desk-search-hint = Search code, subject, agency… (Ctrl+F)
desk-search-clear = Clear the search
desk-search-nothing = No document with «{ $words }» stands here.
desk-search-elsewhere = Choose «All inbound» or «All outbound» and search again.
desk-loading = Reading…
desk-loading-more = Reading more…
desk-retry = Try again
desk-no-code = No number yet
desk-arrival-number = Arrival no. { $number }
desk-due = Due { $date }
desk-due-today = Due today
desk-overdue = Overdue { $date }
desk-nothing-chosen = Choose a document in the list to read it.


## Verification
desk-verdict-valid = The signatures are valid
desk-verdict-unsigned = The document is not signed
desk-verdict-indeterminate = The signatures cannot be judged yet
desk-verdict-invalid = A signature is not valid
desk-signature-personal = Personal signature
desk-signature-organisation = Organisation signature (seal)
desk-signature-unknown = Signature (kind unknown)
desk-signer = Signer
desk-organisation = Organisation
desk-issuer = Certificate issuer
desk-signed-at = Time of signing
desk-level = Signature level
desk-serial = Certificate serial no.
desk-time-stamped = { $time } – certified by a time stamp
desk-time-claimed = { $time } – by the signer's clock, not certified
desk-time-unknown = Unknown
desk-reason-code = Reason code: { $code }
desk-checking = Checking the signatures…
desk-not-signed-yet = The document is not signed yet.
desk-no-signatures = The file holds no signature.
desk-act = Signed for
desk-checked-offline = Checked without a line: only by what is in the file and kept on this computer.
desk-checked-at = Checked at { $time } by { $checker }.

## Right pane
desk-part-pages = Pages
desk-part-signatures = Checks ({ $count } signatures)
desk-part-facts = Fields
desk-part-history = History
desk-part-deliveries = Recipients
desk-page-of = Page { $page }/{ $pages }
desk-page-back = Previous page (Ctrl+PgUp)
desk-page-on = Next page (Ctrl+PgDn)
desk-zoom-in = Larger (Ctrl+=)
desk-zoom-out = Smaller (Ctrl+−)
desk-zoom-fit = Fit width
desk-opening-file = Opening the file…
desk-no-pages = The file has no pages.
desk-no-history = Nothing has been recorded yet.
desk-by-program = Done by the program
desk-no-deliveries = An inbound document has no recipients.
desk-no-recipients = No electronic recipient has been chosen.
desk-not-issued-yet = Not issued yet. When issued it goes to:
desk-send-waiting = Waiting
desk-send-sent = Sent
desk-send-wedged = Cannot be sent
desk-fact-code = Code
desk-fact-type = Type
desk-fact-subject = Subject
desk-fact-id = Document id
desk-fact-issued = Date of issue
desk-fact-place = Place of issue
desk-fact-urgency = Urgency
desk-fact-signer = Signer
desk-fact-due = Due
desk-fact-pages = Pages
desk-fact-issuer = Issuing agency
desk-fact-sender = Sending agency
desk-fact-arrived = Arrived at
desk-fact-arrival-number = Arrival number
desk-fact-arrival-date = Arrival date
desk-fact-assigned = Assigned to
desk-fact-direction = Direction
desk-fact-reason = Reason
desk-fact-recipients = Recipients
desk-fact-drafter = Drafter
desk-fact-drafted = Drafted at
desk-fact-sent = Issued at
desk-fact-answers = Answers
desk-fact-notes = Notes
desk-fact-paper = Paper
desk-fact-paper-follows = The paper document follows
desk-fact-files = Files

## What can be done
desk-deed-accept = Accept
desk-deed-return = Return
desk-deed-register = Register
desk-deed-assign = Assign
desk-deed-begin = Begin
desk-deed-complete = Complete
desk-deed-to-review = Ask for opinions
desk-deed-to-format-check = To format check
desk-deed-to-sign = Submit for signature
desk-deed-send-back = Back to drafter
desk-deed-abandon = Give up
desk-deed-sign = Sign
desk-deed-seal = Seal
desk-deed-issue = Issue
desk-deed-recall = Recall
desk-doing-accept = Accepting…
desk-doing-return = Returning…
desk-doing-register = Registering…
desk-doing-assign = Assigning…
desk-doing-begin = Recording the beginning…
desk-doing-complete = Recording the result…
desk-doing-submit = Passing on…
desk-doing-sign = Signing; please leave the card in…
desk-doing-seal = Sealing; please leave the card in…
desk-doing-issue = Issuing…
desk-doing-recall = Asking for recall…
desk-doing-draft = Saving the draft…
desk-doing-sync = Sending and receiving…
desk-done-accept = Accepted. The sender is told at the next synchronisation.
desk-done-return = Returned. The sender will see the reason.
desk-done-register = Registered under arrival number { $number }.
desk-done-assign = Assigned.
desk-done-begin = The work on the document has begun. The sender will be told at the next synchronisation.
desk-done-complete = Recorded as completed.
desk-done-submit = Passed on.
desk-done-sign-unnumbered = Signed; number and date are taken with the seal.
desk-done-sign = Signed. Number { $number }, date { $date }.
desk-done-seal = Sealed. The document waits to be issued.
desk-done-issue = Issued. It is sent at the next synchronisation.
desk-done-recall = All recipients have been asked to give it back.
desk-done-draft = The draft is saved.
desk-dismiss = Dismiss (Esc)

## Dialogs
desk-cancel = Cancel
desk-close = Close
desk-busy = Working…
desk-browse = Choose…
desk-take-away = Remove «{ $name }»
desk-reason-words = Reason
desk-reason-more = In more words
desk-reason-result = Result (may stay empty)
desk-reason-needed = A reason is needed.
desk-reason-return-means = The document goes back to its sender with this reason; this cannot be undone.
desk-reason-recall-means = Every recipient is asked to give the document back; the recall stays in the history.
desk-reason-abandon-means = The document will not be issued. A number already taken is recorded as unused, with this reason.
desk-reason-send-back-means = The document goes back to its drafter with this reason.
desk-assign-user = Who deals with it
desk-assign-user-hint = Type a name, diacritics or not
desk-assign-user-needed = Choose somebody (keys ↑ ↓).
desk-assign-direction = Direction
desk-assign-due = Due
desk-due-unreadable = This is not a date; write it like 06/02/2027.
desk-due-past = This day is over.
desk-issue-to = { $count ->
    [0] The document has no electronic recipient; it is only recorded as issued.
    [one] The document will be sent to { $count } recipient:
   *[other] The document will be sent to { $count } recipients:
}
desk-issue-means = Once issued, the document cannot be changed; it can only be recalled.
desk-sign-title = Sign with the personal certificate
desk-seal-title = Seal with the organisation's certificate
desk-sign-means = Signing takes number and date. If it fails, no number is lost.
desk-seal-means = The organisation's signature overlaps the left part of the signer's.
desk-sign-number = Number to be taken: { $code }, { $date }.
desk-sign-level = Signature level: { $level }. What needs the line is added now, or when the line is back.
desk-sign-level-basic = Signature level: B-B, without a time stamp.
desk-sign-token = Token
desk-sign-looking = Looking for tokens…
desk-sign-no-token = No token is plugged in. Plug in reader and card; the list updates by itself.
desk-sign-certificate = Certificate
desk-sign-certificate-needed = Choose the certificate to sign with.
desk-sign-certificate-later = The certificate can be read once the PIN is given.
desk-sign-no-certificate = This token holds no signing certificate.
desk-sign-serial = Serial no. { $serial }
desk-sign-pin = PIN
desk-sign-pin-pad = Type it on the reader's keys, or in the window that opens when you sign.
desk-pin-last-try-known = I know: if this try is wrong, the card is blocked.
desk-compare-title = Compared with what was signed
desk-compare-then = When { $signer } signed
desk-compare-now = Now
desk-compare = See what was signed
desk-doing-change-pin = Changing the PIN…
desk-done-change-pin = The token's PIN was changed.
desk-pin-change = Change PIN
desk-pin-change-means = The PIN is changed on the token itself; the program keeps no PIN.
desk-pin-old = Present PIN
desk-pin-new = New PIN
desk-pin-again = New PIN again
desk-pin-same = The new PIN must differ from the present one.
desk-pin-differs = The new PIN was not typed the same twice.
desk-batch-sign = Sign several documents
desk-batch-seal = Seal several documents
desk-batch-sign-short = Sign all (Ctrl+B)
desk-batch-seal-short = Seal all (Ctrl+B)
desk-batch-all = Choose all ({ $count } documents)
desk-batch-most = Only the newest { $most } documents are shown; the rest come when these are done.
desk-batch-none = No document is waiting.
desk-batch-hold = The token may keep the PIN for
desk-batch-minutes = { $minutes } minutes
desk-batch-means = Each document has its own result; one that fails does not stop the others. A wrong PIN stops at once. A document whose place is not sure is signed by itself.
desk-batch-go = { $count ->
    [0] No document chosen
    [one] Sign { $count } document
   *[other] Sign { $count } documents
}
desk-batch-go-seal = { $count ->
    [0] No document chosen
    [one] Seal { $count } document
   *[other] Seal { $count } documents
}
desk-batch-running = Signing: { $finished } of { $total }. Please leave the card in…
desk-batch-ended = Finished: { $done } of { $total } documents signed.
desk-batch-stop = Stop
desk-batch-stopping = Stopping…
desk-batch-done = Signed { $count }
desk-batch-failed = Failed { $count }
desk-batch-left = Not signed { $count }
desk-batch-number = Signed, number { $number }
desk-batch-sealed = Sealed
desk-batch-not-tried = Not signed; the document is as it was
desk-key-batch = Sign or seal several documents
desk-devices = Signing devices
desk-devices-findings = What was found
desk-devices-tokens = Plugged in now
desk-devices-modules = Makers' libraries (PKCS#11)
desk-devices-modules-mean = Needed only where a device does not show by itself. A library runs in a process of its own; if it breaks, the program goes on.
desk-devices-administrator = Only an administrator chooses a library: it is its maker's code running on this computer.
desk-devices-browse = Choose another file…
desk-devices-again = Look again (F5)
desk-devices-module-unknown = Library of an unknown maker
desk-devices-module-chosen = In use
desk-devices-module-use = Use
desk-devices-module-missing = The file is gone
desk-devices-module-other = For another kind of machine ({ $found })
desk-devices-module-no-library = Not a library
desk-health-ok = Good
desk-health-note = Note
desk-health-missing = Not there
desk-health-broken = Broken
desk-key-devices = Check the signing devices
desk-waiting = Signatures to be made to last
desk-waiting-means = These documents were signed without a line. When it is back, time stamps and validation data are added by themselves, so that the signatures last; what is signed stays as it is.
desk-waiting-none = Nothing is waiting.
desk-waiting-file = { $what }: { $file }
desk-waiting-main = Main file
desk-waiting-annex = Annex
desk-waiting-scan = Digitised paper
desk-waiting-copy = Certified copy
desk-waiting-go = Extend now
desk-waiting-running = Extending: { $done } of { $all }
desk-waiting-untried = Not tried yet.
desk-waiting-tried = Tried { $tries } times, last at { $time }.
desk-waiting-renew = To be renewed before { $time }.
desk-chip-awaiting = { $count } documents' signatures to extend
desk-done-extend = { $extended } documents' signatures were extended; { $waiting } still wait.
desk-certificate-ends = The certificate of { $owner } is valid for { $days } more days. Please have it renewed.
desk-certificate-ended = The certificate of { $owner } has expired; nothing can be signed with it.
desk-changes = Changed since
desk-report = Print the report
desk-report-file = Report on signatures
desk-broken-save = The chosen file could not be written.
    .kept = The document and the verdict are as they were.
    .next = Choose another folder, or look for room on the disk, and print again.
desk-file-saved = The file { $file } is saved.
desk-doing-report = Making the report…
desk-root = Trusted root
desk-spot-sure = Place found by the layout rules. Drag the frame, or use the arrow keys, to adjust it.
desk-spot-moved = The signature goes exactly where the frame is.
desk-spot-unsure = This may not be the place to sign. Drag the frame to the right place, or confirm it.
desk-spot-confirm = The frame is where the signature belongs
desk-spot-reset = Put back
desk-spot-next = Another place
desk-spot-here = Put it on this page
desk-chip-no-service = Smart card service not running
desk-chip-no-reader = No signing device
desk-chip-reader = No card in the reader
desk-chip-reading = Reading the card…
desk-chip-ready = Card: { $owner }
desk-chip-last-try = Card: { $owner } – 1 PIN try left
desk-chip-blocked = The card's PIN is blocked
desk-chip-unusable = The card cannot be used
desk-token-absent = No card in the reader
desk-token-unsupported = Cannot be used: { $reason }
desk-token-blocked = The PIN is blocked; its issuer must unblock it
desk-token-last-try = Only 1 PIN try is left
desk-token-tries = { $tries } PIN tries left
desk-token-tries-unknown = The token does not tell how many PIN tries are left
desk-token-ready = Ready: { $owner }
desk-token-demonstration = For demonstration only
desk-draft-file = Document (PDF, DOCX, ODT)
desk-draft-file-hint = Choose a file, type its path, or drop it on the window
desk-draft-attach = Add attachments…
desk-draft-type-hint = Choose the type
desk-draft-recipient-hint = Name or code of an agency, diacritics or not; Enter adds
desk-agency-ended = No more since { $date }, cannot be chosen; { $count ->
        [0] nobody goes on with its work
       *[other] goes on: { $successors }
    }
desk-draft-competence-hint = Authority (TM., KT., TL.…)
desk-draft-position-hint = Position, such as CHỦ TỊCH
desk-draft-signer-hint = Full name of the signer
desk-draft-save = Save the draft
desk-draft-needs-file = Choose the document’s file.
desk-draft-needs-type = The type is needed.
desk-draft-needs-subject = The subject is needed.
desk-draft-subject-too-long = The subject is longer than 500 characters.
desk-draft-needs-signer = The signer's full name is needed.
desk-draft-needs-recipients = At least one recipient is needed.

## Help
desk-help-intro = Everything can be done from the keyboard. Letters work only while no field is being typed into; fields keep their keys.
desk-help-data = The data on this computer is encrypted and cannot be read without a password. A received file is never rewritten.
desk-help-reader = Screen readers do not work with this window yet; everything can be done with «vanthuctl».
desk-help-version = Văn Thư version { $version }
desk-keys-everywhere = Everywhere
desk-keys-list = List
desk-keys-inbound = Inbound
desk-keys-outbound = Outbound
desk-keys-preview = Reading
desk-keys-dialog = In dialogs
desk-key-help = This help
desk-key-sync = Send and receive now
desk-key-search = Search
desk-key-queue = Queue 1 … 9 on the left
desk-key-tab = Next / previous place
desk-key-close = Close dialog or notice; clear the search
desk-key-language = Change the language
desk-key-log-out = Log out
desk-key-rows = Document above, below
desk-key-page = One page of the list up, down
desk-key-ends = First, last document
desk-key-open = Read the document
desk-key-draft = New draft
desk-key-parts = Pages, signatures, fields, history, recipients
desk-key-turn = Previous, next page of the document
desk-key-scroll = Scroll the document
desk-key-zoom = Larger, smaller
desk-key-fit = Fit width
desk-key-confirm = Do it

## Problems
desk-broken-call = This was cut off by an error inside the program.
    .kept = What had been saved is still there; what was being done may not have been recorded.
    .next = Look at the document's state and try again; if it happens again, give the log in the folder logs to the administrator.
desk-still-busy = You cannot log out while work is being done.
    .kept = The work goes on.
    .next = Wait until it has ended and log out again.
desk-closing = The window closes when the work has ended.
    .kept = The work goes on; nothing is lost.
    .next = If you do not want to wait, close the window again.
desk-no-server = No provincial server is set.
    .kept = What waits to be sent is kept on this computer.
    .next = Ask the administrator to set the server (F12, page Server).
desk-file-unreadable = The file «{ $file }» cannot be read.
    .kept = Everything typed is still in the dialog.
    .next = Check the file's name and your rights, then try again.
desk-file-too-large = The file «{ $file }» is larger than { $limit } MB.
    .kept = Everything typed is still in the dialog.
    .next = Make the file smaller and choose it again.
desk-data-dir = The data folder { $folder } cannot be used.
    .kept = Nothing has changed.
    .next = Check the disk and your rights, or choose another folder with «--data-dir».
desk-no-display = No window can be opened on this computer.
    .kept = The office's data is not affected.
    .next = Run it on a computer with a display, or use «vanthuctl».
desk-already-open = Văn Thư is open with this data folder already: its window has come to the front.
desk-no-demonstration = This build has no demonstration yet.
    .kept = Nothing has changed.
    .next = Run «vanthu» with the office's data folder.
desk-walk-failed = The demonstration did not get through all its steps.
    .kept = The demonstration's folder is kept if you named one.
    .next = See the last line printed and the log.
desk-demo-window = A window of the demonstration ended with an error.
    .kept = The demonstration's folder is kept if you named one.
    .next = See the message printed above and the log in the folder logs.
desk-demo-stopped = The demonstration was asked to stop while it was being prepared.
    .kept = The demonstration's folder is kept if you named one, but it is not complete.
    .next = Delete that folder and start again.
desk-demo-office = The demonstration has no office “{ $name }”.
    .kept = Nothing has changed.
    .next = Choose tan-binh or tinh.
desk-broken-window = The window was closed by an error inside the program.
    .kept = What had been saved is still there.
    .next = Open the program again; if it happens again, give the log in the folder logs to the administrator.
desk-fields = Edit fields
desk-fields-to-confirm = { $count } to confirm
desk-fields-title = Fields of the inbound document
desk-fields-title-correct = Correct the fields of a registered document
desk-fields-save = Save
desk-fields-reading = The pages are being read; a scan may take some tens of seconds. You may type at once.
desk-fields-agree = Everything read surely agrees with the page.
desk-fields-unconfirmed = { $count } fields were filled in by the program; saving confirms them.
desk-fields-sure = { $count } fields read surely off the page differ from what stands here.
desk-fields-take-sure = Take all
desk-fields-page-says = Page: “{ $text }” · { $percent } % · Enter takes it
desk-fields-same = As on the page · { $percent } %
desk-fields-proposed = filled in by the program, to be confirmed
desk-fields-type-hint = Choose the type
desk-fields-issuer-hint = Type the agency's name, with or without marks
desk-fields-issuer-known = Code { $code }
desk-fields-issuer-unlisted = Not in the directory; the name is kept as typed.
desk-fields-recipients-hint = Separated by semicolons
desk-fields-reason = Reason of the correction
desk-fields-reason-hint = Kept in the register's history
desk-fields-reason-needed = The document is registered: a reason is needed.
desk-facts-unconfirmed = Read off the pages by the program, confirmed by nobody yet: { $fields }.
desk-doing-correct = Saving the fields…
desk-done-correct = The fields were saved.
desk-key-fields = Edit and confirm the fields
desk-fields-date-hint = day/month/year
