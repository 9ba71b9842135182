-- Slack: what is asked, what answers and events mean. Answers and events are written after Slack's reference.
BEGIN;
SELECT plan(1);
SELECT is_empty($$SELECT problem, place, fix FROM lealup.check_provider('slack')$$, 'nothing is wrong with how Slack is described');
SELECT * FROM finish();
ROLLBACK;
