package weir.rules.sessions_test

import data.weir.lib.fixtures_test as given
import data.weir.rules.sessions
import rego.v1

test_allows_a_role_with_a_grant if {
	given.ids(sessions.permit) == {"sessions.granted"} with input as given.empty
}

test_allows_a_role_that_may_only_review if {
	given.ids(sessions.permit) == {"sessions.granted"} with input as object.union(given.empty, given.holding("auditor", "PROD"))
}

test_allows_a_role_that_may_only_chat if {
	given.ids(sessions.permit) == {"sessions.granted"} with input as given.empty with data.weir.data.grants.author as {"DEV": {"chat": "allow"}}
}

test_denies_a_role_whose_chat_is_queued if {
	given.ids(sessions.deny) == {"sessions.not_granted"} with input as given.empty with data.weir.data.grants.author as {"DEV": {"chat": "queue"}}
}

test_denies_an_unknown_role if {
	given.ids(sessions.deny) == {"sessions.not_granted"} with input as object.union(given.empty, given.holding("nobody", "DEV"))
}

test_denies_an_unknown_environment if {
	given.ids(sessions.deny) == {"sessions.not_granted"} with input as object.union(given.empty, given.holding("author", "STAGE"))
}

test_permits_nothing_without_an_actor if {
	count(sessions.permit) == 0 with input as object.remove(given.empty, ["actor"])
}
