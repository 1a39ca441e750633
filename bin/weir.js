#!/usr/bin/env node
import { main } from '../dist/gateway/cli/main.js'

process.exitCode = await main(process.argv)
