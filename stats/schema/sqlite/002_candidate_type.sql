-- `path` and `path-seconds` got the name of W3C webrtc-stats: candidateType.
ALTER TABLE events RENAME COLUMN path TO candidate_type;
UPDATE sums SET measure = 'candidate-type' WHERE measure = 'path';
UPDATE sums SET measure = 'type-seconds' WHERE measure = 'path-seconds';
