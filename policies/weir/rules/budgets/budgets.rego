# METADATA
# title: Budgets
# description: What an actor may spend on models per UTC day and month, by role and environment, from data. Without a budget nothing is limited.
package weir.rules.budgets

import rego.v1

# METADATA
# title: Budget used up
# description: What the actor spent in this environment, what its running requests are estimated to cost, and this request would together exceed a limit of the role. Requests that already run are finished.
# custom:
#   short_name: used_up
#   solution: Wait for the next period, or have the budget raised in the data.
deny contains {"rule": "budgets.used_up", "reason": reason, "feedback": feedback} if {
	input.kind == "model-request"
	some name, limit in _limits
	is_number(_spent[name])
	_spent[name] > limit
	reason := concat("", ["The budget ", name, " of the role ", input.actor.role, " in ", input.environment, " is used up."])
	feedback := concat("", [reason, " It begins anew with the next day or month (UTC)."])
}

# METADATA
# title: Spending not known
# description: The role has a budget here, and the gateway could not say what was spent. What is not known is not spent freely.
# custom:
#   short_name: unknown
#   solution: Report it, this is a fault of the gateway.
deny contains {"rule": "budgets.unknown", "reason": reason, "feedback": reason} if {
	input.kind == "model-request"
	some name, _ in _limits
	not _known(name)
	reason := "The role has a budget here, but what was spent of it is not known."
}

# What the data say of the role itself replaces what they say of everyone.
_limits := limits if {
	limits := data.weir.data.budgets[input.actor.role][input.environment]
} else := data.weir.data.budgets["*"][input.environment]

_known(name) if is_number(_spent[name])

_spent["usd_per_day"] := input.usage.day.usd

_spent["usd_per_month"] := input.usage.month.usd

_spent["tokens_per_day"] := input.usage.day.tokens

_spent["tokens_per_month"] := input.usage.month.tokens

_spent["requests_per_day"] := input.usage.day.requests

_spent["requests_per_month"] := input.usage.month.requests
