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

seated(seats) := object.union(given.empty, {"seats": seats})

test_denies_a_new_member_when_all_seats_are_taken if {
	every used in [2, 3] {
		given.ids(sessions.deny) == {"sessions.seats_taken"} with input as seated({"limit": 2, "used": used, "member": false}) with data.weir.data.seats as {"acme": 2}
	}
	some finding in sessions.deny with input as seated({"limit": 0, "used": 0, "member": false}) with data.weir.data.seats as {"acme": 0}
	finding.reason == "All seats of acme are taken this month. They are free again with the next month (UTC)."
}

test_denies_nobody_who_has_a_seat_or_finds_one if {
	every seats in [{"limit": 2, "used": 1, "member": false}, {"limit": 2, "used": 2, "member": true}, {"limit": 2, "used": 3, "member": true}, {"limit": 2, "used": null, "member": true}, {"limit": null, "used": 9, "member": false}, {"limit": null, "used": null, "member": false}] {
		count(sessions.deny) == 0 with input as seated(seats) with data.weir.data.seats as {"acme": 2}
	}
}

test_denies_when_seats_are_limited_and_not_known if {
	every seats in [null, {}, {"limit": 2, "used": null, "member": false}, {"limit": 2, "member": false}, {"limit": "2", "used": "0", "member": "true"}] {
		given.ids(sessions.deny) == {"sessions.seats_unknown"} with input as seated(seats) with data.weir.data.seats as {"*": 2}
	}
	given.ids(sessions.deny) == {"sessions.seats_unknown"} with input as object.remove(given.empty, ["seats"]) with data.weir.data.seats as {"*": 2}
	given.ids(sessions.deny) == {"sessions.seats_taken"} with input as seated({"limit": 2, "used": 2}) with data.weir.data.seats as {"*": 2}
}

weekly := {"max": 2, "release_after_days": 7}

idle(days) := seated({"limit": 2, "used": 2, "member": false, "idle_days": days})

test_lets_a_new_member_have_a_seat_that_was_idle_for_long_enough if {
	every days in [7, 8] {
		every seats in [{"acme": weekly}, {"*": weekly}, {"acme": weekly, "*": 2}] {
			count(sessions.deny) == 0 with input as idle(days) with data.weir.data.seats as seats
		}
	}
}

test_releases_no_seat_before_that_or_without_a_rule_or_unknown if {
	every days in [0, 6, null, "9", true] {
		given.ids(sessions.deny) == {"sessions.seats_taken"} with input as idle(days) with data.weir.data.seats as {"acme": weekly}
	}
	every seats in [{"acme": 2}, {"acme": {"max": 2}}, {"*": {"max": 2}}, {"acme": 2, "*": weekly}, {"acme": {"max": 2, "release_after_days": null}}, {"other": weekly}] {
		given.ids(sessions.deny) == {"sessions.seats_taken"} with input as idle(9) with data.weir.data.seats as seats
	}
	given.ids(sessions.deny) == {"sessions.seats_taken"} with input as seated({"limit": 2, "used": 2, "member": false}) with data.weir.data.seats as {"acme": weekly}
}

test_knows_no_seats_without_data if {
	count(sessions.deny) == 0 with input as given.empty
}
