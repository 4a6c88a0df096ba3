"""Balancers of the table with their usual options, and views of steps for them."""

import torch

from mtl.balancing import BALANCERS
from mtl.balancing.balancer import View
from mtl.runs.config import Choice

NAMES = ("a", "b", "c", "d", "e", "f", "g", "h")
GRAMIAN = ("pcgrad", "gradvac", "cagrad", "mgda", "imtl_g", "aligned", "nash", "fairgrad", "upgrad", "dbmtl")
LOSSES = ("uncertainty", "imtl_l", "log_loss", "geometric", "stch", "dwa", "famo")
ALWAYS = ("equal", "fixed", "random", "gradnorm")


def make(name, count, **options):
    """A balancer of the table for tasks called a, b, c …"""
    method = BALANCERS[name]
    return method.load()(NAMES[:count], **method.check("balancer", Choice(name, options)))


def view(jacobian, losses=None):
    """A step whose gradients are the rows."""
    jacobian = jacobian.double()
    count = len(jacobian)
    return View(NAMES[:count], torch.ones(count) if losses is None else losses, jacobian @ jacobian.T, "here")


def direction(name, jacobian, losses=None, **options):
    """d = Jᵀw."""
    return make(name, len(jacobian), **options).weights(view(jacobian, losses)).double() @ jacobian.double()
