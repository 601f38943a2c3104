// Package web is the pages for people: server-rendered, live, usable without JavaScript and by keyboard alone.
//
// It promises that nothing which a person typed is ever lost to an error, that every page works under a strict
// Content-Security-Policy, and that what is shown is what the person may see: it asks flow with the person as the
// actor and shows the answer. It must not know SQL, nor how calls travel to Mobuss.
//
// One file per action; NAME.templ is what an action shows. What is in static/ is served as it is; VENDORED.json
// says what of it is not ours.
package web
