-- What went over relays is counted for the side that was given one. Until now the first side's counted.
INSERT INTO sums (measure, day, detail, demo, n)
SELECT 'relay-bytes', day, '', demo, n FROM sums WHERE measure = 'bytes' AND detail = 'relay';
