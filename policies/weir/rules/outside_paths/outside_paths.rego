# METADATA
# title: Paths outside the workspace
# description: A call touches nothing outside the workspace but scratch space and harmless devices, which are data.
package weir.rules.outside_paths

import rego.v1

# METADATA
# title: Outside touched
# description: A call may not touch a path outside the workspace.
# custom:
#   short_name: outside_touched
#   solution: Work inside the workspace; use /tmp for scratch files.
deny contains {"rule": "outside_paths.outside_touched", "reason": reason, "feedback": feedback} if {
	input.kind == "tool-call"
	some target in input.targets
	target.class == "outside"
	not _tolerated(target)
	reason := concat("", ["The path ", target.path, " is outside the workspace."])
	feedback := concat("", [reason, " Use paths inside the workspace; scratch files can go to /tmp."])
}

_tolerated(target) if target.path in data.weir.data.paths.harmless

_tolerated(target) if {
	target.access == "read"
	target.path in data.weir.data.paths.readable
}

_tolerated(target) if {
	some prefix in data.weir.data.paths.scratch
	startswith(target.path, prefix)
}
