# METADATA
# title: Budgets
# description: What may be spent on models, and how many requests may run at once, from data. The gateway says how much of each limit is used up; without a budget for a request nothing is limited.
package weir.rules.budgets

import rego.v1

# METADATA
# title: Budget used up
# description: What was spent of a budget, what running requests are estimated to cost, and this request would together exceed one of its limits. Requests that already run are finished.
# custom:
#   short_name: used_up
#   solution: Wait for the next period, or have the budget raised in the data.
deny contains {"rule": "budgets.used_up", "reason": reason, "feedback": feedback} if {
	input.kind == "model-request"
	some row in input.usage
	not _warns(row)
	is_number(row.used)
	is_number(row.max)
	row.used > row.max
	reason := concat("", ["The budget ", row.budget, " (", row.account, ") is used up: ", row.limit, "."])
	feedback := concat(" ", [reason, _again(row.limit)])
}

# METADATA
# title: Spending not known
# description: There is a budget for this request, and the gateway could not say what was used up of it. What is not known is not spent freely.
# custom:
#   short_name: unknown
#   solution: Ask again in a moment. When it stays, report it, this is a fault of the gateway.
deny contains {"rule": "budgets.unknown", "reason": reason, "feedback": reason} if {
	input.kind == "model-request"
	not _all_known
	reason := "There is a budget here, but what is used up of it is not known."
}

_all_known if {
	is_array(input.usage)
	every row in input.usage {
		_known(row)
	}
}

_known(row) if _warns(row)

_known(row) if {
	is_number(row.used)
	is_number(row.max)
}

_warns(row) if row.mode == "warn"

_again(limit) := "It begins anew with the next hour." if endswith(limit, "_per_hour")

_again(limit) := "It begins anew with the next day (UTC)." if endswith(limit, "_per_day")

_again(limit) := "It begins anew with the next month (UTC)." if endswith(limit, "_per_month")

_again(limit) := "It does not begin anew: have it raised." if endswith(limit, "_per_total")

_again("concurrent") := "Wait until other requests have ended."
