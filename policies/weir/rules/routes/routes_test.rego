package weir.rules.routes_test

import data.weir.lib.fixtures_test as given
import data.weir.rules.routes
import rego.v1

test_allows_a_listed_class if {
	given.ids(routes.permit) == {"routes.route_allowed"} with input as given.route("chat")
}

test_denies_a_class_that_is_not_listed if {
	given.ids(routes.deny) == {"routes.route_not_allowed"} with input as given.route("pty")
}

test_denies_a_near_miss_of_a_class if {
	given.ids(routes.deny) == {"routes.route_not_allowed"} with input as given.route("Chat")
}

test_denies_an_unknown_role if {
	given.ids(routes.deny) == {"routes.nothing_granted", "routes.route_not_allowed"} with input as object.union(given.route("chat"), given.holding("nobody", "DEV"))
}

test_denies_a_role_without_a_grant_in_the_environment if {
	given.ids(routes.deny) == {"routes.nothing_granted"} with input as object.union(given.route("chat"), given.holding("author", "PROD")) with data.weir.data.grants.author as {"DEV": {"chat": "allow"}}
}

test_allows_a_role_that_may_only_chat if {
	given.ids(routes.permit) == {"routes.route_allowed"} with input as given.route("chat") with data.weir.data.grants.author as {"DEV": {"chat": "allow"}}
}

test_lets_an_auditor_see_the_ledger if {
	given.ids(routes.permit) == {"routes.route_allowed"} with input as object.union(given.route("weir-audit"), given.holding("auditor", "PROD"))
}

test_limits_an_author_to_the_own_part_of_the_ledger if {
	routes.permit == {{
		"rule": "routes.route_allowed_own",
		"reason": "The role may use routes of this class for its own things.",
		"feedback": "",
		"obligations": {"own_only": true},
	}} with input as given.route("weir-audit")
}

test_keeps_policy_routes_from_an_author if {
	given.ids(routes.deny) == {"routes.route_not_allowed"} with input as given.route("weir-policy")
}

test_keeps_key_routes_from_everyone_but_an_operator if {
	every role in {"reader", "author", "contributor", "approver", "auditor"} {
		given.ids(routes.deny) == {"routes.route_not_allowed"} with input as object.union(given.route("weir-keys"), given.holding(role, "DEV"))
	}
	given.ids(routes.permit) == {"routes.route_allowed"} with input as object.union(given.route("weir-keys"), given.holding("operator", "PROD"))
}

test_keeps_the_directory_from_everyone_whom_data_do_not_name if {
	every role in {"reader", "author", "contributor", "approver", "auditor", "operator"} {
		given.ids(routes.deny) == {"routes.route_not_allowed"} with input as object.union(given.route("weir-provision"), given.holding(role, "DEV"))
	}
}

test_lets_a_role_without_any_grant_keep_the_directory_and_nothing_else if {
	routed := {"provisioner": {"all": ["weir-provision", "chat"], "own": []}}
	given.ids(routes.permit) == {"routes.route_allowed"} with input as object.union(given.route("weir-provision"), given.holding("provisioner", "DEV")) with data.weir.data.routes as routed
	given.ids(routes.deny) == {"routes.nothing_granted"} with input as object.union(given.route("chat"), given.holding("provisioner", "DEV")) with data.weir.data.routes as routed
}

test_permits_nothing_without_a_route if {
	count(routes.permit) == 0 with input as object.union(given.route("chat"), {"route": null})
}

test_says_nothing_about_calls if {
	count(routes.permit) == 0 with input as given.read("a", "source")
	count(routes.deny) == 0 with input as given.read("a", "source")
}
