# Exchange packets
packet-empty = The packet is empty (0 bytes).
    .kept = It is kept aside; nothing went into the register.
    .next = Ask the sender to send it again.
packet-too-large = The packet has { $size } MB, more than the limit of { $limit } MB.
    .kept = It is kept aside; nothing went into the register.
    .next = Ask the sender to make it smaller or to send it in parts.
packet-not-utf8 = The packet is not written in UTF-8.
    .kept = It is kept aside; nothing went into the register.
    .next = Ask the sender to send it again in Unicode (TCVN 6909:2001).
packet-not-packet = This file is neither a document packet nor a status packet of QCVN 102:2016.
    .kept = It is kept aside; nothing went into the register.
    .next = Choose the right .edxml file, or ask the sender to send it again.
packet-truncated = The packet breaks off in the middle.
    .kept = What arrived is kept aside; nothing went into the register.
    .next = Synchronise again; if it fails again, ask the sender to send it again.
packet-malformed = The packet's XML is wrong{ $line ->
        [0] {""}
       *[other] {" "}in line { $line }
    }.
    .kept = It is kept aside; nothing went into the register.
    .next = Ask the sender to check the program that wrote it and to send it again.
packet-entity = The packet defines XML entities, which can harm this computer.
    .kept = It is kept aside and was not opened.
    .next = Tell the sender and whoever answers for information security.
packet-too-complex = The packet is built in an abnormally large way, which can harm this computer.
    .kept = It is kept aside and was not opened.
    .next = Tell the sender and whoever answers for information security.
packet-too-many-attachments = The packet has too many attachments; the limit is { $limit }.
    .kept = It is kept aside; nothing went into the register.
    .next = Ask the sender to combine files or to send them in parts.
packet-attachment-too-large = The file “{ $name }” in the packet is larger than the limit of { $limit } MB.
    .kept = The packet is kept aside; nothing went into the register.
    .next = Ask the sender to make the file smaller and to send it again.
packet-attachments-too-large = The files in the packet are together larger than the limit of { $limit } MB.
    .kept = The packet is kept aside; nothing went into the register.
    .next = Ask the sender to send them in parts.
packet-attachment-damaged = The file “{ $name }” in the packet is damaged and cannot be read.
    .kept = The packet is kept aside; nothing went into the register.
    .next = Ask the sender to send it again.
packet-zip-bomb = The file “{ $name }” in the packet is compressed abnormally, which can harm this computer.
    .kept = The packet is kept aside and the file was not unpacked.
    .next = Tell the sender and whoever answers for information security.
packet-attachment-missing = The packet lacks the file “{ $name }” that its sender lists.
    .kept = The packet is kept aside; nothing went into the register.
    .next = Ask the sender to send all of it again.
packet-field-missing = The packet lacks “{ $field }”, which is required.
    .kept = The packet is kept aside; nothing went into the register.
    .next = Ask the sender to add it and to send the packet again.
packet-field-bad = “{ $field }” in the packet is against the rules: “{ $value }”.
    .kept = The packet is kept aside; nothing went into the register.
    .next = Ask the sender to correct it and to send the packet again.
packet-spec = The description of the packet has a mistake{ $line ->
        [0] {""}
       *[other] {" "}in line { $line }
    }: { $detail }.
    .kept = No packet was written.
    .next = Correct the description and try again.
packet-spec-file = The file “{ $path }” that the description names cannot be read.
    .kept = No packet was written.
    .next = Check the path and the permission to read it, and try again.
