package weir.lib.approval_test

import data.weir.lib.approval
import data.weir.lib.fixtures_test as given
import rego.v1

call := given.write("a.ts", "source")

aged(ms) := object.union(given.approved(call, "bob@acme.test"), {"approval": {"ageMs": ms}})

test_a_second_person_can_approve if {
	approval.given with input as given.approved(call, "bob@acme.test")
}

test_the_actor_and_who_asked_are_no_second_person if {
	not approval.given with input as given.approved(call, call.actor.id)
	not approval.given with input as object.union(given.approved(call, "bob@acme.test"), {"approval": {"requestedBy": "bob@acme.test"}})
	not approval.given with input as given.approved(call, null)
	not approval.given with input as call
}

test_an_approval_of_another_kind_covers_nothing if {
	not approval.given with input as object.union(given.approved(call, "bob@acme.test"), {"kind": "route"})
}

test_an_approval_within_its_age_covers_the_call if {
	approval.given with input as aged(59999) with data.weir.data.approvals as {"max_age_minutes": {"edit": 1}}
	approval.given with input as aged(60000) with data.weir.data.approvals as {"max_age_minutes": {"publish": 1}}
	approval.given with input as aged(60000) with data.weir.data.approvals as {}
}

test_an_approval_that_is_too_old_covers_nothing if {
	every ms in [60000, null, "1", []] {
		not approval.given with input as aged(ms) with data.weir.data.approvals as {"max_age_minutes": {"edit": 1}}
	}
	not approval.given with input as given.approved(call, "bob@acme.test") with data.weir.data.approvals as {"max_age_minutes": {"edit": 0}}
}

test_two_people_are_two if approval.are_two("bob@acme.test", "alice@acme.test")

test_one_person_is_one_however_written if {
	not approval.are_two("alice@acme.test", "alice@acme.test")
	not approval.are_two("ALICE@acme.test", "alice@acme.test")
	not approval.are_two(" alice@acme.test ", "alice@acme.test")
}

test_nobody_is_no_second_person if {
	every pair in [["", "alice"], ["  ", "alice"], [null, "alice"], ["bob", null], [1, "alice"]] {
		not approval.are_two(pair[0], pair[1])
	}
}

confirmed := given.approved(call, call.actor.id)

test_who_asked_can_confirm_where_data_say_so if {
	approval.given with input as confirmed with data.weir.data.approvals as {"own": {"DEV": ["edit"]}}
}

test_who_asked_confirms_nothing_else if {
	every data_approvals in [{}, {"own": {}}, {"own": {"DEV": ["publish"]}}, {"own": {"TEST": ["edit"]}}, {"own": {"DEV": ["edit"]}, "max_age_minutes": {"edit": 0}}] {
		not approval.given with input as confirmed with data.weir.data.approvals as data_approvals
	}
}

test_a_confirmation_is_by_the_actor_and_of_a_call if {
	every other in [{"approval": {"requestedBy": "bob@acme.test"}}, {"kind": "release"}, {"actor": {"id": "mallory@acme.test"}, "approval": {"by": "alice@acme.test"}}, {"approval": {"by": null, "requestedBy": null}}, {"actor": {"id": ""}, "approval": {"by": "", "requestedBy": ""}}] {
		not approval.given with input as object.union(confirmed, other) with data.weir.data.approvals as {"own": {"DEV": ["edit"]}}
	}
}
