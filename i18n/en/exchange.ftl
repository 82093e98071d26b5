# The line to the provincial server
exchange-unreachable = The exchange server cannot be reached.
    .kept = What waits to be sent stays in the outbox; nothing is lost.
    .next = Check the network; sending goes on by itself when the line is back.
exchange-timed-out = Nothing came over the line for { $seconds } seconds.
    .kept = What waits to be sent stays in the outbox; what was received so far is kept.
    .next = It is tried again by itself. If this goes on, check the office's network.
exchange-cut = The connection broke off.
    .kept = What waits to be sent stays in the outbox; what was received so far is kept.
    .next = It goes on by itself; nothing is sent twice and nothing needs to be done.
exchange-not-the-server = What answered is not the exchange server (perhaps the login page of the network).
    .kept = Nothing was sent; what waits stays in the outbox.
    .next = Log in to the network if it asks for that, then check the server's address.
exchange-blocked = Something between this office and the server (a firewall, an antivirus proxy) does not let this packet pass.
    .kept = The packet is kept and tried again by itself; the others go on.
    .next = If it keeps being stopped, ask whoever runs the network to let the server's address pass.
exchange-untrusted = The server's certificate is not trusted.
    .kept = Nothing was sent; what waits stays in the outbox.
    .next = Do not go on. Ask the administrator to check the certificate and this computer's date.
exchange-server-fault = The exchange server failed (status { $status }).
    .kept = What waits to be sent stays in the outbox.
    .next = It is tried again by itself. If this goes on, tell the server's operators.
exchange-busy = The exchange server has too much to do.
    .kept = What waits to be sent stays in the outbox.
    .next = It is tried again by itself in a few minutes.
exchange-over-quota = This office has sent what it may on a day at the server{ $hours ->
        [0] .
        [one] ; it may send again in { $hours } hour.
       *[other] ; it may send again in { $hours } hours.
    }
    .kept = What waits to be sent stays in the outbox; documents still arrive.
    .next = It is sent by itself when a new day's quota begins. If it must go now, ask the server's operators for a larger quota, then synchronise.
exchange-clock-skew = This computer's clock is { $minutes } { $minutes ->
        [one] minute
       *[other] minutes
    } { $direction ->
        [slow] behind
       *[fast] ahead of
    } the server's.
    .kept = Nothing was sent or received; what waits stays in the outbox.
    .next = Correct this computer's date, time and time zone, then synchronise again.
exchange-damaged = A packet does not have the hash that the server promised.
    .kept = The damaged part was dropped; the packet is still at the server.
    .next = It is fetched again. If this happens again, tell the server's operators.
exchange-cancelled = The synchronisation was called off.
    .kept = What was sent and received is kept; the rest stays in the outbox.
    .next = Choose “Synchronise” to go on.
exchange-bad-credentials = The server does not accept the secret of agency { $agency }.
    .kept = Nothing was sent; what waits stays in the outbox.
    .next = Ask the administrator to enter the secret given by the server's operators again.
exchange-certificate-refused = The server does not accept this office's certificate on the line.
    .kept = Nothing was sent; what waits stays in the outbox.
    .next = Ask the administrator to check the certificate (F12, page Server), and the server's operators to bind it to the office.
exchange-bad-certificate = This certificate cannot be used on the line to the server.
    .kept = Nothing was sent or changed; the certificate in use and what waits to be sent stay.
    .next = Use a PEM file with a certificate that has not ended and its own private key, without a password.
exchange-bad-address = The server's address cannot be used.
    .kept = The former address stays.
    .next = Enter it again, for example https://vanban.example.gov.vn
exchange-not-encrypted = The address { $address } does not encrypt the line.
    .kept = Nothing is sent over this address.
    .next = Use an address that begins with https:// (Decision 28/2018/QĐ-TTg, Article 13).
exchange-recipient-unknown = The server does not know the recipient { $agencies }.
    .kept = What goes there is set aside; the other recipients are served as usual.
    .next = Check the recipient's agency code, correct it and send again, or send by other means.
exchange-recipient-closed = The recipient { $agencies } is no more; { $count ->
        [0] nobody goes on with its work.
       *[other] who goes on with its work: { $successors }.
    }
    .kept = What goes there is set aside; the other recipients are served as usual.
    .next = Update the recipients: add who goes on with its work and take this one off, or send by other means.
exchange-too-large = { $limit ->
        [0] A packet of { $size } MB exceeds the line's limit.
       *[other] A packet of { $size } MB exceeds the line's limit of { $limit } MB.
    }
    .kept = The packet is set aside; everything else is sent and received as usual.
    .next = Make the attachments smaller and issue again, or send by other means.
exchange-missing = The server has no packet { $id }.
    .kept = Everything else is sent and received as usual.
    .next = Tell the server's operators and the sender.
exchange-refused = The server refuses (code { $code }).
    .kept = This document is set aside; the others are sent as usual.
    .next = Look at the details, correct it and send again, or tell the server's operators.
