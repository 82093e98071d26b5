-- A gateway of the axis tells no hash before a packet is fetched: what it lists is looked for
-- by its name. Replicated.
CREATE INDEX packet_name ON packet (server_id);
