package weir.rules.outgoing_test

import data.weir.lib.fixtures_test as given
import data.weir.rules.outgoing
import rego.v1

github := {"rule": "github", "kind": "secret", "count": 2}

aws := {"rule": "aws", "kind": "secret", "count": 1}

email := {"rule": "email", "kind": "private", "count": 1}

# A kind that this policy knows nothing of.
badge := {"rule": "badge", "kind": "personal", "count": 3}

holding(findings) := object.union(given.model(1000), {"model": object.union(given.model(1000).model, {"findings": findings})})

unscanned := object.union(given.model(1000), {"model": object.union(given.model(1000).model, {"scanned": false})})

everyone(actions) := {"*": {"DEV": actions}}

test_says_nothing_of_a_clean_request if {
	count(outgoing.deny) == 0 with input as given.model(1000)
	count(outgoing.permit) == 0 with input as given.model(1000)
}

test_secrets_are_taken_out_by_default if {
	count(outgoing.deny) == 0 with input as holding([github, aws])
	given.ids(outgoing.permit) == {"outgoing.redacted"} with input as holding([github, aws])
	[finding.obligations | some finding in outgoing.permit] == [{"redact": ["aws", "github"]}] with input as holding([github, aws])
}

test_blocks_by_kind if {
	given.ids(outgoing.deny) == {"outgoing.blocked"} with input as holding([github, badge]) with data.weir.data.outgoing.actions as everyone({"secret": "block", "personal": "redact"})
	given.ids(outgoing.permit) == {"outgoing.redacted"} with input as holding([github, badge]) with data.weir.data.outgoing.actions as everyone({"secret": "block", "personal": "redact"})
}

test_says_what_it_blocked if {
	[finding.reason | some finding in outgoing.deny] == ["The request holds what must not leave: aws, github."] with input as holding([github, aws]) with data.weir.data.outgoing.actions as everyone({"secret": "block"})
}

test_records_without_a_word if {
	count(outgoing.deny) == 0 with input as holding([github, badge]) with data.weir.data.outgoing.actions as everyone({"secret": "record", "personal": "record"})
	count(outgoing.permit) == 0 with input as holding([github, badge]) with data.weir.data.outgoing.actions as everyone({"secret": "record", "personal": "record"})
}

test_private_data_follow_a_word_of_their_own if {
	given.ids(outgoing.deny) == set() with input as holding([github, email]) with data.weir.data.outgoing.actions as everyone({"secret": "record", "private": "redact"})
	[finding.obligations | some finding in outgoing.permit] == [{"redact": ["email"]}] with input as holding([github, email]) with data.weir.data.outgoing.actions as everyone({"secret": "record", "private": "redact"})
	given.ids(outgoing.deny) == {"outgoing.blocked"} with input as holding([email]) with data.weir.data.outgoing.actions as everyone({"secret": "record"})
}

test_blocks_what_the_data_do_not_name if {
	given.ids(outgoing.deny) == {"outgoing.blocked"} with input as holding([badge]) with data.weir.data.outgoing.actions as everyone({"secret": "record"})
	given.ids(outgoing.deny) == {"outgoing.blocked"} with input as holding([badge]) with data.weir.data.outgoing.actions as {}
}

test_what_the_data_say_of_a_role_replaces_what_they_say_of_everyone if {
	given.ids(outgoing.deny) == {"outgoing.blocked"} with input as holding([github]) with data.weir.data.outgoing.actions as {"*": {"DEV": {"secret": "record"}}, "author": {"DEV": {"secret": "block"}}}
}

test_passes_what_was_not_scanned_only_where_the_data_say_so if {
	count(outgoing.deny) == 0 with input as unscanned
	given.ids(outgoing.deny) == {"outgoing.unscanned"} with input as object.union(unscanned, {"environment": "PROD"})
	given.ids(outgoing.deny) == {"outgoing.unscanned"} with input as unscanned with data.weir.data.outgoing.actions as everyone({"secret": "record"})
}

test_a_request_without_facts_was_not_scanned if {
	given.ids(outgoing.deny) == {"outgoing.unscanned"} with input as object.union(given.model(1), {"environment": "PROD", "model": null})
	given.ids(outgoing.deny) == {"outgoing.unscanned"} with input as object.union(given.model(1), {"environment": "PROD", "model": {"scanned": true, "findings": null}})
}
