package sandbox

// closeAct closes the order. What is written is what the customer will hear.
func closeAct() act {
	return act{
		name:   "encerrar",
		title:  func(w words) string { return w.T("act.encerrar.title") },
		submit: func(w words) string { return w.T("act.encerrar.submit") },
		start:  func(f *form, _ *order, _ int64) { f.values.Set("procedente", "T") },
		fields: closeFields,
		read: func(f *form, a *action) {
			a.Texto, a.Procedente = f.text(true), text(f.value("procedente"))
		},
	}
}
