package sandbox

// inspectAct records that the unit was inspected.
func inspectAct() act {
	return act{
		name: "vistoriar", from: []situation{orderOpen, orderScheduled},
		title:  func(w words) string { return w.T("act.vistoriar.title") },
		submit: func(w words) string { return w.T("act.vistoriar.submit") },
		fields: inspectFields, photos: true,
		read: func(f *form, a *action) { a.Texto = f.text(false) },
	}
}
