# METADATA
# title: MCP tools
# description: Which MCP servers a role may use in which environment, from data. The permission that each tool needs is data too, and is granted like any other.
package weir.rules.mcp

import rego.v1

# METADATA
# title: MCP server not allowed
# description: The tool is on the list, but its server is not allowed for this role in this environment.
# custom:
#   short_name: server_not_allowed
#   solution: Do it with the tools for reading, writing, searching and running, or have the server allowed in the data.
deny contains {"rule": "mcp.server_not_allowed", "reason": reason, "feedback": feedback} if {
	input.kind == "tool-call"
	input.tool.name == "other"
	tool := data.weir.data.mcp.tools[input.tool.native]
	not _allowed(tool.server)
	reason := concat("", ["The MCP server ", tool.server, " is not allowed for the role ", input.actor.role, " in ", input.environment, "."])
	feedback := concat("", [reason, " Use the tools for reading, writing, searching and running instead, or tell the user what is missing."])
}

_allowed(server) if input.environment in _environments(data.weir.data.mcp.servers[server])

# What the data say of the role itself replaces what they say of everyone.
_environments(roles) := environments if {
	environments := roles[input.actor.role]
} else := roles["*"]
