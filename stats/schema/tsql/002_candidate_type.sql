-- `path` and `path-seconds` got the name of W3C webrtc-stats: candidateType.
EXEC sp_rename 'heliograph.events.path', 'candidate_type', 'COLUMN';
UPDATE heliograph.sums SET measure = 'candidate-type' WHERE measure = 'path';
UPDATE heliograph.sums SET measure = 'type-seconds' WHERE measure = 'path-seconds';
