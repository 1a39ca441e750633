package weir.rules.budgets_test

import data.weir.lib.fixtures_test as given
import data.weir.rules.budgets
import rego.v1

spent(day, month) := object.union(given.model(1), {"usage": {"day": day, "month": month}})

little := {"usd": 1.5, "tokens": 100, "requests": 2}

much := {"usd": 20, "tokens": 5000, "requests": 30}

test_says_nothing_without_a_budget if {
	count(budgets.deny) == 0 with input as given.model(1) with data.weir.data.budgets as {}
	count(budgets.deny) == 0 with input as spent(much, much) with data.weir.data.budgets as {"reader": {"DEV": {"usd_per_day": 1}}, "author": {"PROD": {"usd_per_day": 1}}}
}

test_lets_requests_within_the_budget_pass if {
	count(budgets.deny) == 0 with input as spent(little, much) with data.weir.data.budgets as {"author": {"DEV": {"usd_per_day": 1.6, "tokens_per_day": 101, "requests_per_day": 3, "usd_per_month": 20.1, "tokens_per_month": 5001, "requests_per_month": 31}}}
}

test_denies_above_each_limit if {
	every name in ["usd_per_day", "tokens_per_day", "requests_per_day"] {
		given.ids(budgets.deny) == {"budgets.used_up"} with input as spent(little, little) with data.weir.data.budgets as {"author": {"DEV": {name: 1}}}
	}
	every name in ["usd_per_month", "tokens_per_month", "requests_per_month"] {
		given.ids(budgets.deny) == {"budgets.used_up"} with input as spent(little, much) with data.weir.data.budgets as {"author": {"DEV": {name: 19}}}
	}
}

# What was spent contains the request that is asked about.
test_a_request_may_use_up_the_budget if {
	count(budgets.deny) == 0 with input as spent(little, much) with data.weir.data.budgets as {"author": {"DEV": {"usd_per_day": 1.5, "tokens_per_day": 100, "requests_per_day": 2, "usd_per_month": 20, "tokens_per_month": 5000, "requests_per_month": 30}}}
}

test_a_budget_of_nothing_denies_the_first_request if {
	given.ids(budgets.deny) == {"budgets.used_up"} with input as spent({"usd": 0, "tokens": 0, "requests": 1}, little) with data.weir.data.budgets as {"author": {"DEV": {"requests_per_day": 0}}}
}

test_denies_when_spending_is_not_known if {
	every usage in [null, {}, {"day": null, "month": null}, {"day": {"usd": null}, "month": little}, {"day": {"usd": "1"}, "month": little}] {
		given.ids(budgets.deny) == {"budgets.unknown"} with input as object.union(given.model(1), {"usage": usage}) with data.weir.data.budgets as {"author": {"DEV": {"usd_per_day": 10}}}
	}
	given.ids(budgets.deny) == {"budgets.unknown"} with input as object.remove(given.model(1), ["usage"]) with data.weir.data.budgets as {"author": {"DEV": {"usd_per_day": 10}}}
}

test_the_budget_of_everyone_holds_for_roles_without_their_own if {
	given.ids(budgets.deny) == {"budgets.used_up"} with input as spent(much, much) with data.weir.data.budgets as {"*": {"DEV": {"usd_per_day": 1}}}
	count(budgets.deny) == 0 with input as spent(much, much) with data.weir.data.budgets as {"*": {"DEV": {"usd_per_day": 1}}, "author": {"DEV": {"usd_per_day": 100}}}
}

test_says_nothing_about_calls if {
	count(budgets.deny) == 0 with input as given.write("a.ts", "source") with data.weir.data.budgets as {"*": {"DEV": {"usd_per_day": 0}}}
}
