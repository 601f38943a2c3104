package cli

// keepFlags is for how many days each kind of thing is kept; flow.Keep says what stays for good.
type keepFlags struct {
	Calls      int `help:"Days for which received calls are kept; refused ones until somebody settles them, and as long again." default:"180" env:"PONTE_KEEP_CALLS"`
	Deliveries int `help:"Days for which requests and answers of deliveries are kept once they are done; that they were, when and with what outcome, stays. What is not done is kept whole." default:"180" env:"PONTE_KEEP_DELIVERIES"`
	Trials     int `help:"Days for which single trial calls to homologation are kept." default:"90" env:"PONTE_KEEP_TRIALS"`
	Runs       int `help:"Days for which conformance runs are kept that nobody signed; signed ones stay for good." default:"180" env:"PONTE_KEEP_RUNS"`
	Findings   int `help:"Days for which reconciliation's findings are kept once they are over, and the fingerprints of what the field told once its occurrence is closed." default:"365" env:"PONTE_KEEP_FINDINGS"`
	Uploads    int `help:"Days for which the sheets of an import and its report are kept after the last act; that it took place, stays." default:"7" env:"PONTE_KEEP_UPLOADS"`
	Acts       int `help:"Days for which the tallies of what was done with many deliveries at once are kept." default:"365" env:"PONTE_KEEP_ACTS"`
	Letters    int `help:"Days for which it is kept that a letter to a customer was sent, or why not; what it said is dropped as soon as it is over." default:"180" env:"PONTE_KEEP_LETTERS"`
}
