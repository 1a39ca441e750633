package weir.rules.releases_test

import data.weir.lib.fixtures_test as given
import data.weir.rules.releases
import rego.v1

to(environment, live) := object.union(given.release("promote", live), {"environment": environment})

agreed(asked, by) := object.union(asked, {"approval": {"id": "apr_1", "by": by, "requestedBy": asked.actor.id, "ageMs": 0, "scope": "once", "standsMs": null}})

test_lets_a_promoter_promote_step_by_step if {
	every asked in [to("DEV", []), to("TEST", ["DEV"])] {
		given.ids(releases.permit) == {"releases.permitted"} with input as asked
		count(releases.deny | releases.pending) == 0 with input as asked
	}
}

test_denies_skipping_an_environment if {
	given.ids(releases.deny) == {"releases.out_of_order"} with input as to("TEST", [])
	given.ids(releases.deny) == {"releases.out_of_order"} with input as to("PROD", ["DEV"])
	given.ids(releases.deny) == {"releases.out_of_order"} with input as object.union(to("TEST", ["DEV"]), {"release": {"live": null}})
}

test_denies_an_environment_outside_the_order if {
	given.ids(releases.deny) == {"releases.out_of_order"} with input as to("TEST", ["DEV"]) with data.weir.data.releases.order as ["DEV", "PROD"]
}

test_denies_a_role_that_is_no_promoter if {
	given.ids(releases.deny) == {"releases.not_promoter"} with input as object.union(to("DEV", []), {"actor": {"role": "author"}})
	count(releases.permit | releases.pending) == 0 with input as object.union(to("DEV", []), {"actor": {"role": "author"}})
	count(releases.permit | releases.pending) == 0 with input as object.union(to("DEV", []), {"actor": {"role": null}})
}

test_denies_a_release_that_is_not_pinned if {
	every digest in [null, "", "main", "v1.0.0", "ABCDEF0123456789ABCDEF0123456789ABCDEF01", "0123456789abcdef0123456789abcdef0123456", "0123456789abcdef0123456789abcdef0123456g", "0123456789abcdef 123456789abcdef01234567"] {
		given.ids(releases.deny) == {"releases.not_pinned"} with input as object.union(to("DEV", []), {"release": {"digest": digest}})
	}
}

test_prod_needs_a_second_person if {
	asked := to("PROD", ["DEV", "TEST"])
	given.ids(releases.pending) == {"releases.needs_approval"} with input as asked
	count(releases.permit) == 0 with input as asked
	given.ids(releases.permit) == {"releases.permitted"} with input as agreed(asked, "bob@acme.test")
	count(releases.pending | releases.deny) == 0 with input as agreed(asked, "bob@acme.test")
}

test_neither_who_asks_nor_who_made_it_is_a_second_person if {
	asked := to("PROD", ["DEV", "TEST"])
	every person in [asked.actor.id, asked.release.madeBy] {
		given.ids(releases.pending) == {"releases.needs_approval"} with input as agreed(asked, person)
	}
	given.ids(releases.pending) == {"releases.needs_approval"} with input as object.union(agreed(asked, "bob@acme.test"), {"release": {"madeBy": null}})
}

test_four_eyes_hold_even_for_who_may_promote_alone if {
	given.ids(releases.pending) == {"releases.needs_approval"} with input as to("DEV", []) with data.weir.data.releases.four_eyes as ["DEV"]
}

test_a_queued_promoter_waits_without_four_eyes_too if {
	given.ids(releases.pending) == {"releases.needs_approval"} with input as to("DEV", []) with data.weir.data.releases.promoters as {"operator": {"DEV": "queue"}}
}

test_rolls_back_only_to_what_was_there if {
	back := object.union(to("TEST", ["TEST"]), {"release": {"action": "rollback"}})
	given.ids(releases.permit) == {"releases.permitted"} with input as back
	count(releases.deny) == 0 with input as back
	given.ids(releases.deny) == {"releases.never_live"} with input as object.union(back, {"release": {"live": ["DEV"]}})
}

test_an_unknown_action_must_fit_both_ways if {
	given.ids(releases.deny) == {"releases.never_live", "releases.out_of_order"} with input as object.union(to("TEST", []), {"release": {"action": null}})
}

test_says_nothing_about_calls if {
	count(((releases.deny | releases.pending) | releases.permit)) == 0 with input as given.write("a", "source")
}

making(action, role, environment) := object.union(given.release(action, []), {"actor": {"role": role}, "environment": environment})

test_makers_make_and_check if {
	every action in ["create", "check"] {
		given.ids(releases.permit) == {"releases.permitted"} with input as making(action, "author", "DEV")
		count(releases.deny | releases.pending) == 0 with input as making(action, "author", "DEV")
	}
}

test_others_make_and_check_nothing if {
	every action in ["create", "check"] {
		given.ids(releases.deny) == {"releases.not_maker"} with input as making(action, "author", "PROD")
		given.ids(releases.deny) == {"releases.not_maker"} with input as making(action, "reader", "DEV")
		count(releases.permit | releases.pending) == 0 with input as making(action, null, "DEV")
		given.ids(releases.deny) == {"releases.not_maker"} with input as making(action, "operator", "DEV") with data.weir.data.releases.makers as {}
	}
	count(releases.permit) == 0 with input as making("create", "author", "PROD")
}

test_four_eyes_are_for_environments_not_for_making if {
	given.ids(releases.permit) == {"releases.permitted"} with input as making("create", "author", "DEV") with data.weir.data.releases.four_eyes as ["DEV"]
}

test_a_queued_maker_waits_for_a_second_person if {
	asked := making("create", "author", "DEV")
	given.ids(releases.pending) == {"releases.needs_approval"} with input as asked with data.weir.data.releases.makers as {"author": {"DEV": "queue"}}
}

test_a_maker_promotes_nothing if {
	given.ids(releases.deny) == {"releases.not_promoter"} with input as object.union(to("DEV", []), {"actor": {"role": "author"}})
}

test_denies_what_has_not_passed_its_checks if {
	every checks in [[], ["lint"], null, "test"] {
		given.ids(releases.deny) == {"releases.check_missing"} with input as object.union(to("PROD", ["DEV", "TEST"]), {"release": {"checks": checks}})
	}
	given.ids(releases.deny) == {"releases.check_missing"} with input as to("DEV", []) with data.weir.data.releases.checks as {"DEV": ["test", "lint"]}
}

test_asks_for_no_checks_where_data_have_none if {
	count(releases.deny) == 0 with input as object.union(to("DEV", []), {"release": {"checks": []}}) with data.weir.data.releases.checks as {}
}

test_going_back_needs_no_check if {
	back := object.union(to("TEST", ["TEST"]), {"release": {"action": "rollback", "checks": []}})
	count(releases.deny) == 0 with input as back with data.weir.data.releases.checks as {"TEST": ["test"]}
}
