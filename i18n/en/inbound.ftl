# Many documents assigned at once, the settlement slip, sealed files, settings.
desk-assign-many = Assign the { $count } marked documents to the same people
desk-assign-due-each = empty: each by its own term; or day/month/year, +5
desk-many-assign = Assign { $count } documents
desk-many-due = Assigned, due { $due }
desk-slip = Settlement slip…
desk-slip-file = Settlement slip
desk-doing-slip = Making the settlement slip…
desk-key-slip = Settlement slip of an inbound document, to a file
desk-unseal = Open the sealed file…
desk-unseal-means = The document was recalled. Who opens it, when and why is kept in the log and cannot be removed.
desk-unseal-go = Open and save
desk-unseal-file = Sealed document
desk-doing-unseal = Opening the sealed file…
desk-key-unseal = Open the file of a recalled document (archivist, administrator)
desk-folder-taking = Taking file { $number } of { $all } from the watched folder…
desk-notify-overdue-title = Overdue documents
desk-notify-overdue = { $count } documents are past their term (F6).
