# METADATA
# title: Paths of unknown class
# description: What is not known is denied. Classes are data, so a new kind of file needs a new glob and no new rule.
package weir.rules.unknown_paths

import rego.v1

# METADATA
# title: Unknown path touched
# description: A call may not touch a path whose class is unknown, or is none of the known classes.
# custom:
#   short_name: unknown_touched
#   solution: Use an ordinary file name and extension, or have the glob added to the path classes.
deny contains {"rule": "unknown_paths.unknown_touched", "reason": reason, "feedback": feedback} if {
	input.kind == "tool-call"
	some target in input.targets
	not _known(target)
	reason := concat("", ["The path ", target.path, " is of no known class."])
	feedback := concat("", [reason, " Use a plain relative path with a usual file extension, or ask the user to have this kind of file added to the path classes."])
}

_known(target) if {
	target.class in ["source", "test", "docs", "config", "dependency", "ci", "policy", "secret", "generated", "outside"]
}
