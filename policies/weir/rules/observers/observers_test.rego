package weir.rules.observers_test

import data.weir.lib.fixtures_test as given
import data.weir.rules.observers
import rego.v1

bob := {"id": "bob@acme.test", "role": "author", "groups": ["search"]}

test_lets_nobody_observe_by_default if {
	every role in {"reader", "author", "contributor", "approver", "operator", "auditor"} {
		count(observers.permit) == 0 with input as given.observing(role, bob)
		given.ids(observers.deny) == {"observers.not_granted"} with input as given.observing(role, bob)
	}
}

test_lets_a_listed_role_observe_everyone if {
	given.ids(observers.permit) == {"observers.granted"} with input as given.observing("auditor", bob) with data.weir.data.observers as {"auditor": {"DEV": "all"}}
	count(observers.deny) == 0 with input as given.observing("auditor", bob) with data.weir.data.observers as {"auditor": {"DEV": "all"}}
}

test_lets_who_shares_a_group_observe if {
	given.ids(observers.permit) == {"observers.granted"} with input as given.observing("author", bob) with data.weir.data.observers as {"author": {"DEV": "groups"}}
}

test_keeps_other_groups_out if {
	every groups in [[], ["Search"], ["finance"]] {
		given.ids(observers.deny) == {"observers.not_granted"} with input as given.observing("author", object.union(bob, {"groups": groups})) with data.weir.data.observers as {"author": {"DEV": "groups"}}
	}
}

test_grants_by_environment_and_role if {
	given.ids(observers.deny) == {"observers.not_granted"} with input as given.observing("author", bob) with data.weir.data.observers as {"author": {"PROD": "all"}, "auditor": {"DEV": "all"}}
}

test_knows_no_other_word if {
	every word in ["ALL", "", "own", "queue"] {
		given.ids(observers.deny) == {"observers.not_granted"} with input as given.observing("author", bob) with data.weir.data.observers as {"author": {"DEV": word}}
	}
}

test_needs_an_owner_who_is_somebody_else if {
	every owner in [null, {}, {"id": null, "groups": ["search"]}, {"groups": ["search"]}, {"id": "alice@acme.test", "groups": ["search"]}] {
		every scope in ["all", "groups"] {
			count(observers.permit) == 0 with input as given.observing("author", owner) with data.weir.data.observers as {"author": {"DEV": scope}}
			given.ids(observers.deny) == {"observers.not_granted"} with input as given.observing("author", owner) with data.weir.data.observers as {"author": {"DEV": scope}}
		}
	}
}

test_denies_every_act_whatever_is_granted if {
	every method in ["POST", "PUT", "PATCH", "DELETE", "get"] {
		question := object.union(given.observing("author", bob), {"route": {"method": method}})
		given.ids(observers.deny) == {"observers.reads_only"} with input as question with data.weir.data.observers as {"author": {"DEV": "all"}}
	}
}

test_denies_what_names_no_method if {
	question := object.union(given.empty, {"kind": "route", "route": {"class": "observe", "owner": bob}})
	given.ids(observers.deny) == {"observers.reads_only"} with input as question with data.weir.data.observers as {"author": {"DEV": "all"}}
}

test_says_nothing_about_calls if {
	count(observers.permit) == 0 with input as given.read("a", "source")
	count(observers.deny) == 0 with input as given.read("a", "source")
}
