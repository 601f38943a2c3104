package sandbox

// repairAct records that the repair was done, with its photos.
func repairAct() act {
	return act{
		name: "executar", from: []situation{orderOpen, orderScheduled, orderInspected},
		title:  func(w words) string { return w.T("act.executar.title") },
		submit: func(w words) string { return w.T("act.executar") },
		fields: repairFields, photos: true,
		read: func(f *form, a *action) { a.Texto = f.text(true) },
	}
}
