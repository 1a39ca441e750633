# METADATA
# title: Working hours
# description: When a role may work, per environment, from data. Without hours in the data every hour is a working hour.
package weir.rules.hours

import rego.v1

# METADATA
# title: Outside working hours
# description: The data give this role hours in this environment, and it is not within any of them.
# custom:
#   short_name: outside_hours
#   solution: Come back within the hours, or have them changed in the data.
deny contains {"rule": "hours.outside_hours", "reason": reason, "feedback": feedback} if {
	input.kind in ["tool-call", "model-request", "session", "release"]
	_limited
	not _open
	reason := concat("", ["It is outside the hours in which the role ", input.actor.role, " may work in ", input.environment, "."])
	feedback := concat("", [reason, " Stop here, and tell the user to go on within the working hours."])
}

# No hours at all (an empty list) is a limit too.
_limited if is_array(_windows)

# What the data say of the role itself replaces what they say of everyone.
_windows := windows if {
	windows := data.weir.data.hours.windows[input.actor.role][input.environment]
} else := data.weir.data.hours.windows["*"][input.environment]

# The host writes HH:MM, so text compares as time does. Without the time nothing is open.
_open if {
	is_string(input.time.clock)
	some window in _windows
	input.time.day in window.days
	input.time.clock >= window.from
	input.time.clock < window.to
}
