-- A document that was to go once more and was asked back before it left has gone once all the same.
UPDATE delivery SET send = 'sent', sent_at = (
    SELECT max(sent.sent_at) FROM outbox sent
    WHERE sent.document = delivery.document AND sent.recipient = delivery.recipient
        AND sent.what = 'document' AND sent.is_order = 0 AND sent.state = 'sent')
WHERE send = 'waiting'
    AND EXISTS (
        SELECT 1 FROM outbox sent
        WHERE sent.document = delivery.document AND sent.recipient = delivery.recipient
            AND sent.what = 'document' AND sent.is_order = 0 AND sent.state = 'sent')
    AND NOT EXISTS (
        SELECT 1 FROM outbox still
        WHERE still.document = delivery.document AND still.recipient = delivery.recipient
            AND still.what = 'document' AND still.is_order = 0 AND still.state <> 'sent');
