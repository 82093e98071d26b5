# packet
