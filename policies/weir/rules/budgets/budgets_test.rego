package weir.rules.budgets_test

import data.weir.lib.fixtures_test as given
import data.weir.rules.budgets
import rego.v1

using(rows) := object.union(given.model(1), {"usage": rows})

row := {"budget": "b", "account": "all", "limit": "usd_per_day", "max": 10, "used": 1, "mode": "hard"}

but(change) := object.union(row, change)

test_says_nothing_when_no_budget_is_for_the_request if {
	count(budgets.deny) == 0 with input as using([])
}

# What is used up contains the request that is asked about.
test_a_request_may_use_up_the_budget if {
	count(budgets.deny) == 0 with input as using([row, but({"used": 10}), but({"used": 0, "max": 0})])
}

test_denies_above_any_limit if {
	given.ids(budgets.deny) == {"budgets.used_up"} with input as using([but({"used": 10.01})])
	given.ids(budgets.deny) == {"budgets.used_up"} with input as using([row, but({"used": 11}), row])
	given.ids(budgets.deny) == {"budgets.used_up"} with input as using([but({"used": 1, "max": 0})])
}

test_names_the_budget_and_when_it_begins_anew if {
	ends := {
		"usd_per_hour": "next hour.", "tokens_per_day": "next day (UTC).", "usd_per_month": "next month (UTC).",
		"requests_per_total": "raised.", "concurrent": "have ended.",
	}
	every limit, end in ends {
		some finding in budgets.deny with input as using([but({"limit": limit, "used": 11})])
		startswith(finding.feedback, concat("", ["The budget b (all) is used up: ", limit, ". "]))
		endswith(finding.feedback, end)
	}
}

test_a_warning_refuses_nothing if {
	count(budgets.deny) == 0 with input as using([but({"used": 11, "mode": "warn"}), but({"used": null, "mode": "warn"})])
}

test_denies_when_it_is_not_known if {
	every rows in [null, {}, "", [but({"used": null})], [but({"used": "1"})], [row, but({"max": null})], [object.remove(row, ["used"])], [object.remove(row, ["max"])], [1], [null]] {
		given.ids(budgets.deny) == {"budgets.unknown"} with input as using(rows)
	}
	given.ids(budgets.deny) == {"budgets.unknown"} with input as object.remove(given.model(1), ["usage"])
}

test_what_is_no_mode_refuses if {
	given.ids(budgets.deny) == {"budgets.used_up"} with input as using([but({"used": 11, "mode": "wran"})])
	given.ids(budgets.deny) == {"budgets.used_up"} with input as using([object.remove(but({"used": 11}), ["mode"])])
}

test_says_nothing_about_calls if {
	count(budgets.deny) == 0 with input as object.union(given.write("a.ts", "source"), {"usage": [but({"used": 11})]})
}
