def thumb2_kernel(task, name, form):
    return None
