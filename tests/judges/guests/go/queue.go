// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"

	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm/types"
)

// queuePlugin takes out of a queue what its own streams put in.
type queuePlugin struct {
	types.DefaultPluginContext
	jobs uint32
}

func (p *queuePlugin) OnPluginStart(int) types.OnPluginStartStatus {
	var err error
	p.jobs, err = proxywasm.RegisterSharedQueue("jobs")
	check(err)
	return types.OnPluginStartStatusOK
}

func (p *queuePlugin) OnQueueReady(queue uint32) {
	job, err := proxywasm.DequeueSharedQueue(queue)
	for ; err == nil; job, err = proxywasm.DequeueSharedQueue(queue) {
		proxywasm.LogInfof("job %s", job)
	}
	if errors.Is(err, types.ErrorStatusEmpty) {
		proxywasm.LogInfo("empty")
	}
}

func (p *queuePlugin) NewHttpContext(uint32) types.HttpContext { return &queue{jobs: p.jobs} }

type queue struct {
	types.DefaultHttpContext
	jobs uint32
}

func (q *queue) OnHttpRequestHeaders(int, bool) types.Action {
	path, err := proxywasm.GetHttpRequestHeader(":path")
	check(err)
	check(proxywasm.EnqueueSharedQueue(q.jobs, []byte(path)))
	_, err = proxywasm.ResolveSharedQueue("nowhere", "nowhere")
	if errors.Is(err, types.ErrorStatusNotFound) {
		proxywasm.LogInfo("no queue")
	}
	return types.ActionContinue
}
