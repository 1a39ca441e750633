package acme.tests.roles_test

import data.weir
import data.weir.lib.fixtures_test as given
import rego.v1

as_contractor(question, environment) := object.union(question, given.holding("contractor", environment))

test_contractors_read_in_dev if {
	every question in [given.empty, given.read("src/a.ts", "source"), given.model(1000), given.route("chat")] {
		weir.decision.verdict == "allow" with input as as_contractor(question, "DEV")
	}
}

test_contractors_change_nothing if {
	every question in [given.write("src/a.ts", "source"), given.shell([["npm", "run", "build"]])] {
		weir.decision.verdict == "deny" with input as as_contractor(question, "DEV")
	}
}

test_contractors_are_not_let_into_prod if {
	weir.decision.verdict == "deny" with input as as_contractor(given.empty, "PROD")
}
