"""The Python side of side-by-side.mjs: reads a task per line from stdin, answers its milliseconds.

The transforms are written from the papers; torchvision, SciPy and NumPy do the work.
"""
import json
import random
import sys
import time

import numpy as np

rng = np.random.default_rng(0)


def image_512():
    return rng.integers(0, 256, (512, 512), dtype=np.uint8)


def cube():
    return rng.random((32, 64, 64))


# --- DiRA 2D by torchvision ------------------------------------------------------------------------


def inpaint(view):
    for _ in range(10):
        h, w = random.randint(10, 70), random.randint(10, 70)
        y, x = random.randint(3, 224 - h - 3), random.randint(3, 224 - w - 3)
        view[y : y + h, x : x + w] = 0
        if random.random() < 0.1:
            break
    return view


def outpaint(view):
    out = np.zeros_like(view)
    for _ in range(10):
        h, w = 224 - random.randint(50, 70), 224 - random.randint(50, 70)
        y, x = random.randint(3, 224 - h - 3), random.randint(3, 224 - w - 3)
        out[y : y + h, x : x + w] = view[y : y + h, x : x + w]
        if random.random() < 0.1:
            break
    return out


def shuffle(view):
    out = view.copy()
    for _ in range(10):
        h, w = random.randint(10, 15), random.randint(10, 15)
        (y, x), (v, u) = [
            (random.randint(0, 224 - h), random.randint(0, 224 - w)) for _ in range(2)
        ]
        out[y : y + h, x : x + w] = view[v : v + h, u : u + w]
        out[v : v + h, u : u + w] = view[y : y + h, x : x + w]
    return out


def distort(view):
    r = random.random()
    if r <= 0.3:
        return inpaint(view)
    if r <= 0.35:
        return outpaint(view)
    return shuffle(view) if r <= 0.65 else view


def dira_pil():
    """Views as the authors make them: Pillow images; two views and the target as float tensors."""
    import torch
    from PIL import Image, ImageFilter
    from torchvision import transforms as T

    torch.set_num_threads(1)
    crop = T.RandomResizedCrop(224, scale=(0.2, 1.0))
    jitter = T.ColorJitter(0.4, 0.4, 0.4, 0.1)
    cached = Image.fromarray(image_512())

    def tensor(array):
        return torch.from_numpy(array.astype(np.float32) / 255)

    def view():
        image = crop(cached)
        target = image
        if random.random() < 0.8:
            image = jitter(image)
        if random.random() < 0.5:
            image = image.filter(ImageFilter.GaussianBlur(radius=random.uniform(0.1, 2.0)))
        if random.random() < 0.5:
            image = image.transpose(Image.FLIP_LEFT_RIGHT)
        return tensor(distort(np.array(image))), target

    def pair():
        (first, target), (second, _) = view(), view()
        return first, second, tensor(np.array(target))

    return pair


def dira_tensor():
    """The same on uint8 tensors, torchvision's other back end."""
    import torch
    from torchvision import transforms as T
    from torchvision.transforms import functional as F

    torch.set_num_threads(1)
    crop = T.RandomResizedCrop(224, scale=(0.2, 1.0), antialias=True)
    jitter = T.ColorJitter(0.4, 0.4, 0.4, 0.1)
    cached = torch.from_numpy(image_512())[None]

    def view():
        image = crop(cached)
        target = image
        if random.random() < 0.8:
            image = jitter(image)
        if random.random() < 0.5:
            sigma = random.uniform(0.1, 2.0)
            image = F.gaussian_blur(image, 2 * int(np.ceil(3 * sigma)) + 1, sigma)
        if random.random() < 0.5:
            image = F.hflip(image)
        return torch.from_numpy(distort(image[0].numpy().copy())).float() / 255, target

    def pair():
        (first, target), (second, _) = view(), view()
        return first, second, target[0].float() / 255

    return pair


# --- Models Genesis and TransVW by NumPy and SciPy --------------------------------------------------


def bezier():
    """A cubic curve through 100,000 points, looked up with numpy.interp."""
    volume = cube()
    t = np.linspace(0, 1, 100_000)

    def run():
        (a, b), (c, d) = np.random.rand(2, 2)
        x = 3 * (1 - t) ** 2 * t * a + 3 * (1 - t) * t**2 * c + t**3
        y = 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t**2 * d + t**3
        return np.interp(volume, np.sort(x), np.sort(y))

    return run


def pixel_shuffling():
    """10,000 blocks, each flattened, shuffled by NumPy and put back."""
    volume = cube()
    depth, height, width = volume.shape

    def run():
        out = volume.copy()
        for _ in range(10_000):
            d = random.randint(1, depth // 10)
            h = random.randint(1, height // 10)
            w = random.randint(1, width // 10)
            z = random.randint(0, depth - d)
            y = random.randint(0, height - h)
            x = random.randint(0, width - w)
            block = volume[z : z + d, y : y + h, x : x + w].flatten()
            np.random.shuffle(block)
            out[z : z + d, y : y + h, x : x + w] = block.reshape(d, h, w)
        return out

    return run


def elastic():
    from scipy.ndimage import gaussian_filter, map_coordinates

    volume = cube().astype(np.float32)
    z, y, x = np.meshgrid(*(np.arange(n) for n in volume.shape), indexing="ij")

    def run():
        dy, dx = (
            991 * gaussian_filter(np.random.rand(*volume.shape) * 2 - 1, 8, mode="constant")
            for _ in range(2)
        )
        return map_coordinates(volume, [z, y + dy, x + dx], order=1, mode="reflect")

    return run


def affine():
    from scipy.ndimage import affine_transform

    volume = cube().astype(np.float32)
    centre = (np.array(volume.shape) - 1) / 2

    def run():
        a, b, c = np.random.uniform(-0.3, 0.3, 3)
        turn = np.eye(3)
        for (i, j), angle in (((1, 2), a), ((0, 2), b), ((0, 1), c)):
            r = np.eye(3)
            r[i, i] = r[j, j] = np.cos(angle)
            r[i, j], r[j, i] = -np.sin(angle), np.sin(angle)
            turn = turn @ r
        return affine_transform(volume, turn, centre - turn @ centre, order=1, mode="constant")

    return run


TASKS = {
    "dira_pil": dira_pil,
    "dira_tensor": dira_tensor,
    "bezier": bezier,
    "pixel_shuffling": pixel_shuffling,
    "elastic": elastic,
    "affine": affine,
}
made = {}
for line in sys.stdin:
    task = json.loads(line)
    name = task["name"]
    try:
        if name == "versions":
            import scipy
            import torch
            import torchvision
            import PIL

            answer = {
                "versions": f"Python {sys.version.split()[0]}, torch {torch.__version__}, torchvision "
                f"{torchvision.__version__}, Pillow {PIL.__version__}, NumPy {np.__version__}, "
                f"SciPy {scipy.__version__}"
            }
        else:
            if name not in made:
                random.seed(0)
                np.random.seed(0)
                made[name] = TASKS[name]()
                made[name]()
            start = time.perf_counter()
            for _ in range(task["count"]):
                made[name]()
            answer = {"ms": (time.perf_counter() - start) * 1000 / task["count"]}
    except Exception as error:  # reported by the other side
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
