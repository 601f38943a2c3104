package sandbox

// commentAct says something to the house, at any step.
func commentAct() act {
	return act{
		name:   "comentar",
		title:  func(w words) string { return w.T("act.comentar.title") },
		submit: func(w words) string { return w.T("act.comentar.submit") },
		fields: commentFields, photos: true,
		read: func(f *form, a *action) { a.Texto = f.text(true) },
	}
}
