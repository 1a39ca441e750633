package acme.tests.hosts_test

import data.weir
import data.weir.lib.fixtures_test as given
import rego.v1

page(host) := given.fetch({"url": concat("", ["https://", host, "/"]), "scheme": "https", "host": host, "port": 443, "address": "name"})

test_reads_listed_hosts if {
	weir.decision.verdict == "allow" with input as page("api.docs.acme.test")
}

test_reads_no_other if {
	answer := weir.decision with input as page("docs.acme.test.evil.test")
	answer.rule == "urls.host_not_listed"
}
