import { createBubblewrap } from '../../sandbox/bubblewrap.ts'
import { keepsContract } from './driver-contract.ts'

await keepsContract({
  create: createBubblewrap,
  environment: /^HOME LANG PATH PWD SHLVL TERM _ PATH=[^\n]*\nWEIR_JAIL=[0-9a-f]{24}\n$/,
  empty: [],
  stepMs: 2,
})
