package weir.rules.approvals_test

import data.weir.lib.fixtures_test as given
import data.weir.rules.approvals
import rego.v1

test_lets_an_approver_approve if {
	given.ids(approvals.permit) == {"approvals.may_approve"} with input as given.approval("bob", "alice", "edit")
	count(approvals.deny) == 0 with input as given.approval("bob", "alice", "edit")
}

test_denies_the_own_call if {
	given.ids(approvals.deny) == {"approvals.own_call"} with input as given.approval("bob", "bob", "edit")
}

test_denies_a_role_that_is_no_approver if {
	given.ids(approvals.deny) == {"approvals.not_approver"} with input as object.union(given.approval("bob", "alice", "edit"), {"actor": {"role": "author"}})
}

test_denies_a_permission_that_is_not_listed if {
	given.ids(approvals.deny) == {"approvals.not_approver"} with input as given.approval("bob", "alice", "own")
}

test_denies_a_null_requester if {
	given.ids(approvals.deny) == {"approvals.own_call"} with input as given.approval("bob", null, "edit")
}

test_denies_an_answer_in_the_name_of_another if {
	given.ids(approvals.deny) == {"approvals.own_call"} with input as object.union(given.approval("bob", "alice", "edit"), {"approval": {"by": "carol"}})
}

test_permits_nothing_without_a_permission if {
	count(approvals.permit) == 0 with input as object.remove(given.approval("bob", "alice", "edit"), ["permission"])
}

test_denies_a_permission_that_is_listed_in_another_environment if {
	given.ids(approvals.deny) == {"approvals.not_approver"} with input as object.union(given.approval("bob", "alice", "edit"), {"environment": "PROD"}) with data.weir.data.approvers as {"approver": {"DEV": ["edit"]}}
}

test_denies_an_approval_that_comes_too_late if {
	given.ids(approvals.deny) == {"approvals.expired"} with input as object.union(given.approval("bob", "alice", "edit"), {"approval": {"ageMs": 60000}}) with data.weir.data.approvals as {"max_age_minutes": {"edit": 1}}
	count(approvals.permit) == 0 with input as object.union(given.approval("bob", "alice", "edit"), {"approval": {"ageMs": 60000}}) with data.weir.data.approvals as {"max_age_minutes": {"edit": 1}}
}

test_lets_an_approver_approve_in_time if {
	given.ids(approvals.permit) == {"approvals.may_approve"} with input as given.approval("bob", "alice", "edit") with data.weir.data.approvals as {"max_age_minutes": {"edit": 1}}
}

standing(scope, ms) := object.union(given.approval("bob", "alice", "edit"), {"approval": {"scope": scope, "standsMs": ms}})

one_hour := {"scopes": {"DEV": {"edit": ["session", "until"]}}, "max_standing_minutes": {"edit": 60}}

test_lets_an_approver_approve_more_than_one_call_where_data_say_so if {
	every asked in [standing("session", null), standing("until", 3600000)] {
		given.ids(approvals.permit) == {"approvals.may_approve"} with input as asked with data.weir.data.approvals as one_hour
		count(approvals.deny) == 0 with input as asked with data.weir.data.approvals as one_hour
	}
}

test_denies_more_than_one_call_where_data_are_silent if {
	every asked in [standing("session", null), standing("until", 60000)] {
		every silent in [{}, {"scopes": {"PROD": {"edit": ["session", "until"]}}, "max_standing_minutes": {"edit": 60}}, {"scopes": {"DEV": {"publish": ["session", "until"]}}, "max_standing_minutes": {"edit": 60}}] {
			given.ids(approvals.deny) == {"approvals.scope"} with input as asked with data.weir.data.approvals as silent
			count(approvals.permit) == 0 with input as asked with data.weir.data.approvals as silent
		}
	}
}

test_denies_an_answer_that_stands_too_long_or_for_no_time if {
	every ms in [3600001, null, "1"] {
		given.ids(approvals.deny) == {"approvals.scope"} with input as standing("until", ms) with data.weir.data.approvals as one_hour
	}
	given.ids(approvals.deny) == {"approvals.scope"} with input as standing("until", 1) with data.weir.data.approvals as {"scopes": {"DEV": {"edit": ["until"]}}}
}

test_denies_a_scope_that_is_not_known if {
	given.ids(approvals.deny) == {"approvals.scope"} with input as standing("always", null) with data.weir.data.approvals as {"scopes": {"DEV": {"edit": ["always"]}}}
	given.ids(approvals.deny) == {"approvals.scope"} with input as standing(null, null) with data.weir.data.approvals as one_hour
}

confirming := {"own": {"DEV": ["edit"]}, "scopes": {"DEV": {"edit": ["session"]}}}

approvers := {"approver": {"DEV": ["edit", "dependency"], "TEST": ["edit"]}}

test_lets_who_asked_confirm_where_data_say_so if {
	every scope in ["once", "session"] {
		asked := object.union(given.approval("alice", "alice", "edit"), {"approval": {"scope": scope}})
		given.ids(approvals.permit) == {"approvals.may_approve"} with input as asked with data.weir.data.approvals as confirming with data.weir.data.approvers as approvers
		count(approvals.deny) == 0 with input as asked with data.weir.data.approvals as confirming with data.weir.data.approvers as approvers
	}
}

test_denies_the_own_call_of_another_permission_or_environment if {
	every asked in [
		given.approval("alice", "alice", "dependency"),
		object.union(given.approval("alice", "alice", "edit"), {"environment": "TEST"}),
		given.approval(" ", " ", "edit"),
		object.union(given.approval("bob", "alice", "edit"), {"approval": {"by": "alice"}}),
	] {
		given.ids(approvals.deny) == {"approvals.own_call"} with input as asked with data.weir.data.approvals as confirming with data.weir.data.approvers as approvers
		count(approvals.permit) == 0 with input as asked with data.weir.data.approvals as confirming with data.weir.data.approvers as approvers
	}
}

test_denies_who_asked_in_a_role_that_is_no_approver if {
	asked := object.union(given.approval("alice", "alice", "edit"), {"actor": {"role": "author"}})
	given.ids(approvals.deny) == {"approvals.not_approver"} with input as asked with data.weir.data.approvals as confirming with data.weir.data.approvers as approvers
}
