"""The tape: accumulation, freeing, modes, and what it refuses."""

import gc
import threading
import weakref
from collections.abc import Callable

import numpy as np
import pytest

from azuraforge import engine
from azuraforge.engine import EngineError, Tensor


def leaf(*values: float) -> Tensor:
    return Tensor(list(values), requires_grad=True)


def test_a_tensor_used_twice_collects_both_gradients():
    x = leaf(3.0)
    y = x * 2
    (y * y + x).backward()
    assert x.grad.item() == pytest.approx(2 * 6 * 2 + 1)


def test_a_second_backward_adds_to_the_gradient():
    x = leaf(1.0, 2.0)
    (x * 3).sum().backward()
    (x * x).sum().backward()
    assert x.grad.numpy().tolist() == [5.0, 7.0]


def test_gradients_land_in_a_given_buffer():
    x, buffer = leaf(1.0, 2.0), np.full(2, 9.0, np.float32)
    x.set_gradient_buffer(buffer)
    (x * 3).sum().backward()
    (x * 3).sum().backward()
    assert buffer.tolist() == [6.0, 6.0]
    assert np.shares_memory(x.grad.numpy(), buffer)


def test_a_graph_is_walked_once():
    y = (leaf(1.0) * 2).sum()
    y.backward()
    with pytest.raises(EngineError, match="was freed by an earlier backward"):
        y.backward()


def test_retain_graph_allows_a_second_walk():
    x = leaf(1.0)
    y = (x * 2).sum()
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.item() == 4.0


def test_a_very_deep_graph_needs_no_recursion():
    x = leaf(1.0)
    y = x
    for _ in range(20_000):
        y = y + 1e-6
    y.backward()
    assert x.grad.item() == 1.0


def test_no_grad_records_nothing_and_is_left_again():
    x = leaf(1.0)
    with engine.no_grad():
        assert (x * 2).node is None
    with pytest.raises(RuntimeError), engine.no_grad():
        raise RuntimeError
    assert (x * 2).node is not None


def test_no_grad_is_a_decorator_of_its_own_for_each_thread():
    x, inside, leave = leaf(1.0), threading.Event(), threading.Event()

    @engine.no_grad()
    def predict(meanwhile: Callable[[], object]) -> Tensor:
        meanwhile()
        return x * 2

    first = threading.Thread(target=predict, args=(lambda: (inside.set(), leave.wait(10)),))
    first.start()
    assert inside.wait(10)
    with engine.no_grad():
        # The other thread leaves the function while this one is in it.
        assert predict(lambda: (leave.set(), first.join(10))).node is None
        assert (x * 2).node is None, "what the other thread left is not what this one goes back to"
    assert (x * 2).node is not None


def test_no_grad_may_be_entered_twice():
    x, quiet = leaf(1.0), engine.no_grad()
    with quiet:
        with quiet:
            pass
        assert (x * 2).node is None
    assert (x * 2).node is not None


def test_detach_cuts_the_graph():
    x = leaf(2.0)
    (x * x.detach()).backward()
    assert x.grad.item() == 2.0


def test_inputs_without_requires_grad_get_none():
    x, constant = leaf(1.0), Tensor([2.0])
    (x * constant).sum().backward()
    assert constant.grad is None


def test_backward_frees_what_was_saved():
    x = leaf(1.0)
    y = x * 2
    middle = weakref.ref(y)
    z = y.exp().sum()
    z.backward()
    del y
    gc.collect()
    assert middle() is None


def test_backward_of_a_vector_needs_a_gradient():
    with pytest.raises(EngineError, match=r"needs a gradient for a tensor of shape \(2,\)"):
        (leaf(1.0, 2.0) * 2).backward()
    with pytest.raises(EngineError, match=r"gradient has shape \(3,\), the tensor \(2,\)"):
        (leaf(1.0, 2.0) * 2).backward(np.ones(3))


def test_backward_without_any_leaf_is_refused():
    with pytest.raises(EngineError, match="depends on nothing with requires_grad"):
        Tensor([1.0]).sum().backward()


def test_a_saved_tensor_changed_in_place_is_noticed():
    x = leaf(2.0)
    y = x * x
    with engine.no_grad():
        x[0] = 5.0
    with pytest.raises(EngineError, match=r"backward through mul: .* changed in place"):
        y.backward()


def test_a_view_shares_the_change_counter():
    x = leaf(2.0, 3.0)
    y = x * x
    with engine.no_grad():
        x.reshape(2, 1)[0] = 5.0
    with pytest.raises(EngineError, match="changed in place"):
        y.sum().backward()


def test_an_optimizer_step_between_forward_and_backward_is_noticed():
    x = leaf(2.0)
    optimizer = engine.optim.SGD([x], lr=0.1)
    first, second = (x * x).sum(), (x * x).sum()
    first.backward()
    optimizer.step()
    with pytest.raises(EngineError, match="changed in place"):
        second.backward()


def test_a_leaf_is_changed_only_under_no_grad():
    with pytest.raises(EngineError, match="only under no_grad"):
        leaf(1.0)[0] = 2.0


def test_anomaly_mode_names_the_op_of_the_first_nan():
    x = leaf(-1.0)
    with engine.detect_anomaly(), pytest.raises(EngineError, match="output of log is not a number"):
        (x.log() * 2).sum()
    x = leaf(0.0)
    with engine.detect_anomaly(), pytest.raises(EngineError, match="gradient of sqrt is not a number"):
        (x.sqrt() * 0.0).sum().backward()


def test_integers_have_no_gradient():
    with pytest.raises(EngineError, match="only floating point tensors have gradients, got int64"):
        Tensor(np.arange(3), requires_grad=True)


def test_shapes_that_do_not_fit_are_named_with_the_op():
    with pytest.raises(EngineError, match=r"add does not fit inputs of shape \(2,\), \(3,\)"):
        leaf(1.0, 2.0) + leaf(1.0, 2.0, 3.0)
    with pytest.raises(EngineError, match=r"inner sizes differ, \(2, 3\) @ \(2, 3\)"):
        Tensor(np.ones((2, 3))) @ Tensor(np.ones((2, 3)))
    with pytest.raises(EngineError, match=r"reshape does not fit inputs of shape \(2,\)"):
        leaf(1.0, 2.0).reshape(3)


def test_text_is_no_tensor():
    with pytest.raises(EngineError, match="a tensor holds numbers"):
        Tensor(["a"])


def test_lists_become_float32_and_arrays_keep_their_dtype():
    assert Tensor([1, 2.5]).dtype == np.float32
    assert Tensor(np.ones(2)).dtype == np.float64
