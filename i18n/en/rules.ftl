# Rules in force
rules-profile-unknown = There is no rule profile called “{ $name }”.
    .kept = The profile in force stays as it is.
    .next = Choose “hau-giang-2019” or “current”, or name a profile file of your province.
rules-profile-unreadable = The rule profile “{ $path }” cannot be read.
    .kept = The profile in force stays as it is.
    .next = Check the path and the permission to read it, and try again.
rules-profile-invalid = The rule profile has a mistake{ $line ->
        [0] {""}
       *[other] {" "}in line { $line }
    }: { $detail }.
    .kept = The profile in force stays as it is.
    .next = Correct the file and load it again, or choose a built-in profile.
rules-directory-invalid = The agency directory has a mistake{ $line ->
        [0] {""}
       *[other] {" "}in line { $line }
    }: { $detail }.
    .kept = No agency was taken in; the present directory stays as it is.
    .next = Correct the line and load the whole file again.
rules-format-forbidden = The format of “{ $file }” must not be sent or received.
    .kept = Nothing was taken in.
    .next = Convert it to one of these formats: { $permitted }.
rules-format-mismatch = The contents of “{ $file }” are not what the extension .{ $extension } says.
    .kept = Nothing was taken in.
    .next = Check where the file comes from, save it in the right format and try again.
rules-file-too-large = The file “{ $file }” has { $size } MB, more than the limit of { $limit } MB.
    .kept = Nothing was taken in.
    .next = Make the file smaller, or split it into several files.
